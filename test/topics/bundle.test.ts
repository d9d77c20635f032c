/** `serve-topics` as Lambda gets it: one file, alone in a folder. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { bundle } from '../../infra/bundle.ts';

const fleet = {
  version: 1,
  name: 'demo',
  clusters: [
    {
      name: 'down',
      kind: 'ec2',
      mode: 'act',
      kafka: { network: 'private-a', bootstrapServers: ['127.0.0.1:1'], security: 'plaintext' },
    },
  ],
};

it('runs as one file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-bundle-'));
  try {
    await bundle([{ verb: 'serve-topics', file: 'functions/topics/serve-topics.lambda.ts' }], folder);
    writeFileSync(join(folder, 'fleet.json'), JSON.stringify(fleet));
    const script = `
      const { handler } = await import(${JSON.stringify(join(folder, 'serve-topics', 'index.mjs'))});
      const warm = await handler({ call: 'warm' }, {});
      const error = await handler({ call: 'list', cluster: 'down' }, {}).catch((thrown) => thrown);
      console.error(JSON.stringify({ warm, error: error.name }));`;
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      env: { FLEET_FILE: join(folder, 'fleet.json'), POWERTOOLS_LOG_LEVEL: 'ERROR' },
      timeout: 30_000,
    });
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toEqual({ warm: null, error: 'ServiceUnavailable' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
