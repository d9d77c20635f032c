/**
 * A simulation's memory: what it began with, how far it came, and what operators did meanwhile. Replaying it gives the
 * same state again, so nothing else needs to be kept.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet } from '../../functions/fleet/fleet.ts';
import { readTraces } from '../traces/index.ts';
import type { FillOptions } from './fill.ts';
import { Run } from './run.ts';

/** One mutation by an operator, through a deployed function. */
export interface OperatorInput {
  atMs: number;
  verb: string;
  payload: unknown;
}

export interface SavedSimulation {
  version: 1;
  seed: number;
  days: number;
  operator: 'hours' | 'none';
  fill: { kind: 'model' } | { kind: 'traces'; path: string; meanFillHours: number; retentionHours: number };
  fleet: Fleet;
  nowMs: number;
  inputs: OperatorInput[];
}

const fileName = 'simulation.json';

export function saveSimulation(directory: string, saved: SavedSimulation): void {
  mkdirSync(directory, { recursive: true });
  // Whole or not at all: a command that is interrupted leaves the memory as it was.
  const file = join(directory, fileName);
  writeFileSync(`${file}.new`, `${JSON.stringify(saved, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** @throws Error where there is no simulation, or one of another release */
export function readSimulation(directory: string): SavedSimulation {
  const file = join(directory, fileName);
  const saved = JSON.parse(readFileSync(file, 'utf8')) as SavedSimulation;
  if (saved.version !== 1)
    throw new Error(`${file}: version ${String(saved.version)} is of another release, expected 1`);
  return saved;
}

/** Boots it and replays everything up to where it stood. */
export async function replay(saved: SavedSimulation, assembly: string): Promise<Run> {
  const { fleet, seed, days, operator } = saved;
  const run = await Run.boot({ fleet, assembly, seed, days, operator, fill: await fillOf(saved) });
  for (const { atMs, verb, payload } of saved.inputs) {
    await run.advance(atMs);
    // A refused input was refused then, too.
    await run.simulation.invoke(verb, payload).catch(() => undefined);
  }
  await run.advance(saved.nowMs);
  return run;
}

async function fillOf({ fill }: SavedSimulation): Promise<FillOptions> {
  return fill.kind === 'model' ? fill : { ...fill, traces: await readTraces(fill.path) };
}
