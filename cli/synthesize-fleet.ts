/** The template of a fleet, in a folder of its own that is gone when the process ends: two rehearsals never meet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fleet } from '../functions/fleet/fleet.ts';
import { synthesize } from '../infra/synthesize.ts';

/** @returns the cloud assembly's folder */
export async function synthesizeFleet(fleet: Fleet): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return synthesize({ fleet, outdir: join(folder, 'cdk.out'), dist: join(folder, 'dist') });
}
