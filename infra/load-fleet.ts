/** Reads `fleet.yaml` where it is deployed from; what is deployed is its normalised form. */
import { readFileSync } from 'node:fs';
import { type ParsedFleet, parseFleet } from '../functions/fleet/parse.ts';

/** @throws Error with every problem of the file and its place */
export function loadFleet(path: string): Extract<ParsedFleet, { ok: true }> {
  const parsed = parseFleet(readFileSync(path, 'utf8'), path);
  if (parsed.ok) return parsed;
  const lines = parsed.problems.map(
    ({ file, line, column, path: key, expected, found }) =>
      `${file}:${line}:${column} ${key}: expected ${expected}, found ${found}`,
  );
  throw new Error(`this is no fleet:\n${lines.join('\n')}`);
}
