/** Takes the first moment that has passed off the list. */
export function due(momentsMs: number[], nowMs: number): boolean {
  const index = momentsMs.findIndex((momentMs) => momentMs <= nowMs);
  if (index < 0) return false;
  momentsMs.splice(index, 1);
  return true;
}
