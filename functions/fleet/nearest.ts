/** The key that somebody probably meant. Pure. */

/** `; did you mean "stepGibMax"?`, or nothing where nothing is near. */
export function didYouMean(written: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, far: distance(written.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0];
  return near !== undefined && near.far <= Math.max(2, Math.floor(written.length / 4))
    ? `; did you mean "${near.candidate}"?`
    : '';
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [line, letter] of a.split('').entries()) {
    const next = [line + 1];
    for (const [at, other] of b.split('').entries()) {
      next.push(Math.min((row[at] ?? 0) + (letter === other ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
