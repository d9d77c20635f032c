/** Reads a fleet file for people. */
import type { Fleet } from '../functions/fleet/fleet.ts';
import { parseFleet } from '../functions/fleet/parse.ts';
import { WrongInput } from './outcome.ts';

export const fleetFileDefault = 'fleet.yaml';

/** @throws WrongInput with every problem and its place */
export function readFleet(
  path: string,
  readFile: (path: string) => string,
): { fleet: Fleet; home: { account?: string; region?: string } } {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new WrongInput(`${path}: cannot be read: ${(error as Error).message}. Name the fleet file with --fleet.`);
  }
  const parsed = parseFleet(text, path);
  if (!parsed.ok) throw new WrongInput('', parsed.problems);
  return parsed;
}
