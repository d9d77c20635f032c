#!/usr/bin/env node
// Runs cli/main.ts. It is TypeScript, which Node understands since 22.18; an older one hands over to the Node 24 that the
// npm package `node` has put beside this project.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const understands = major > 22 || (major === 22 && minor >= 18);

if (understands) {
  await import('../cli/main.ts');
} else {
  const node = newerNode();
  if (node === undefined || process.env.KAFKA_AUTOPILOT_REEXECUTED !== undefined) {
    console.error(
      `kafka-autopilot needs Node 22.18 or newer; this is ${process.version}. Run npm ci, which brings Node 24 along.`,
    );
    process.exit(1);
  }
  const { status, signal, error } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, KAFKA_AUTOPILOT_REEXECUTED: '1' },
  });
  if (error !== undefined) throw error;
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}

/** The binary of the npm package `node`, if it is installed. */
function newerNode() {
  try {
    const found = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
    return existsSync(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
