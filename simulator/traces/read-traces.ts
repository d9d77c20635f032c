/** Finds and reads trace files. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { InvalidTrace, parseTrace, type Trace } from './trace.ts';

/**
 * Reads one CSV file, or every `*.csv` in a folder and its subfolders. Sorted by name, so that runs repeat whatever the
 * file system's order. Not one trace is left out: a file that can't be read as one is an error.
 *
 * @throws InvalidTrace, also for a folder without any
 */
export async function readTraces(path: string): Promise<Trace[]> {
  if (!(await stat(path)).isDirectory()) return [parseTrace(await readFile(path, 'utf8'), basename(path), path)];

  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && entry.name.toLowerCase().endsWith('.csv'))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new InvalidTrace(path, undefined, 'expected *.csv files in this folder, found none');
  const root = join(path, sep);
  const traces: Trace[] = [];
  for (const file of files) {
    const name = file.slice(root.length).split(sep).join('/');
    traces.push(parseTrace(await readFile(file, 'utf8'), name, file));
  }
  return traces.sort((one, other) => (one.name < other.name ? -1 : 1));
}
