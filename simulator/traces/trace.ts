/** A recorded rate of arrival over time, and reading it from CSV text. Pure; the file system is in `read-traces.ts`. */
import { CsvError, parse } from 'csv-parse/sync';

/**
 * One recorded series. Row i says that `values[i]` (bytes, requests: whatever was counted) arrived in the step that begins
 * at `offsets[i]`. Rows are as recorded: a gap between them means that no arrival is known there, so the rate in it is 0.
 */
export interface Trace {
  /** The file's path relative to the folder that was read, with `/`; the file's name when a file was read. */
  readonly name: string;
  /** The median distance between rows, seconds. */
  readonly stepSeconds: number;
  /** Time of the first row, epoch milliseconds. */
  readonly startMs: number;
  /** From the first row to the end of the last row's step, milliseconds. */
  readonly durationMs: number;
  /** Seconds from the first row; never decreasing. Two rows may have the same time: both arrive in that step. */
  readonly offsets: Float64Array;
  /** What arrived in each row's step; finite and not negative. */
  readonly values: Float64Array;
}

/** A file is not a trace. The message names the file, the line (from 1) and what was expected. */
export class InvalidTrace extends Error {
  constructor(file: string, line: number | undefined, problem: string, options?: ErrorOptions) {
    super(`${file}${line === undefined ? '' : `, line ${line}`}: ${problem}`, options);
    this.name = 'InvalidTrace';
  }
}

/**
 * Reads CSV: a header, then rows of a timestamp (ISO 8601 or `YYYY-MM-DD HH:MM:SS`; UTC unless it names another offset), a
 * value, and columns that are ignored. Fields may be quoted, the last line may lack its end, empty lines are skipped.
 *
 * @param file names the text in errors
 * @throws InvalidTrace
 */
export function parseTrace(text: string, name: string, file = name): Trace {
  const [header, ...rows] = parseRows(text, file);
  if (!header) throw new InvalidTrace(file, undefined, 'expected a header line, the file is empty');
  const [firstTitle = '', secondTitle] = header.fields;
  if (parseTimestamp(firstTitle) !== undefined) {
    throw new InvalidTrace(file, header.line, `expected a header, found the timestamp '${firstTitle}'`);
  }
  if (secondTitle === undefined) {
    throw new InvalidTrace(file, header.line, 'expected at least two columns (timestamp, value), found one');
  }
  if (rows.length < 2) {
    throw new InvalidTrace(file, rows[0]?.line, `expected at least 2 rows after the header, found ${rows.length}`);
  }

  const times = new Float64Array(rows.length);
  const values = new Float64Array(rows.length);
  for (const [index, row] of rows.entries()) {
    const time = timestampOf(row, file);
    times[index] = time;
    values[index] = valueOf(row, file);
    if (index > 0 && time < times[index - 1]!) {
      throw new InvalidTrace(
        file,
        row.line,
        `expected timestamps in order, '${row.fields[0]}' is before the row above`,
      );
    }
  }
  return traceOf(name, times, values, file);
}

interface Row {
  readonly fields: readonly string[];
  readonly line: number;
}

function parseRows(text: string, file: string): readonly Row[] {
  try {
    const records = parse(text, {
      bom: true,
      info: true,
      relaxColumnCount: true,
      skipEmptyLines: true,
      trim: true,
    }) as unknown as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
    return records.map(({ record, info }) => ({ fields: record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as { readonly lines?: unknown }).lines;
    const problem = `expected CSV: ${error.message}`;
    throw new InvalidTrace(file, typeof line === 'number' ? line : undefined, problem, { cause: error });
  }
}

function timestampOf(row: Row, file: string): number {
  const [text = ''] = row.fields;
  const time = parseTimestamp(text);
  if (time !== undefined) return time;
  throw new InvalidTrace(file, row.line, `expected a timestamp (ISO 8601 or YYYY-MM-DD HH:MM:SS), found '${text}'`);
}

function valueOf(row: Row, file: string): number {
  const text = row.fields[1];
  if (text === undefined) throw new InvalidTrace(file, row.line, 'expected a value in the second column, found none');
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidTrace(file, row.line, `expected a finite value that is not negative, found '${text}'`);
}

/** Epoch milliseconds, or undefined when the text is no timestamp. */
function parseTimestamp(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?\s?(Z|[-+]\d\d:?\d\d)?)?$/i.exec(text);
  if (!parts) return undefined;
  const [, date = '', minutes = '00:00', seconds = ':00', zone = 'Z'] = parts;
  // The engine takes 30 February for 2 March
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  const time = Date.parse(`${date}T${minutes}${seconds}${zone.toUpperCase().replace(/(\d\d):?(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(time) ? undefined : time;
}

function traceOf(name: string, times: Float64Array, values: Float64Array, file: string): Trace {
  const startMs = times[0]!;
  const offsets = times.map((time) => (time - startMs) / 1000);
  const distances = offsets
    .slice(1)
    .map((offset, index) => offset - offsets[index]!)
    .sort();
  const stepSeconds = distances[Math.floor(distances.length / 2)]!;
  if (stepSeconds <= 0) throw new InvalidTrace(file, undefined, 'expected most rows to be some time apart');
  return { name, stepSeconds, startMs, durationMs: (offsets.at(-1)! + stepSeconds) * 1000, offsets, values };
}
