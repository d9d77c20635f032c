/**
 * Wildcard patterns: `*` stands for any characters or none, `\*` and `\\` for the characters themselves.
 * Wording and rules: aws/event-ruler, README "Wildcard matching", `WildcardParser` and `MachineComplexityEvaluator`.
 */

/** One character to be matched, or `any` for a wildcard. */
export type WildcardPart = { readonly character: string } | 'any';

/** The text is no wildcard pattern. `message` is AWS's. */
export class MalformedWildcard extends Error {}

/**
 * AWS refuses a rule when some input would keep too many partial matches alive. Its limit is not published: recorded
 * answers accept 7 by the count below and refuse 11 (`*:*:*:*:*:event-bus/*`). The limit in between is an assumption.
 */
const partialMatchesMax = 10;
/** Bounds the search for the worst input; a pattern that needs more is refused as AWS would refuse it. */
const inputsExploredMax = 5_000;

/** @throws MalformedWildcard; positions count UTF-8 bytes and start at 1, because AWS counts the opening quote. */
export function parseWildcard(text: string): readonly WildcardPart[] {
  const characters = Array.from(text);
  const parts: WildcardPart[] = [];
  let position = 1;
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const following = characters[index + 1];
    if (character === '*') {
      if (following === '*') throw new MalformedWildcard(`Consecutive wildcard characters at pos ${position}`);
      parts.push('any');
    } else if (character === '\\') {
      if (following !== '*' && following !== '\\') {
        throw new MalformedWildcard(`Invalid escape character at pos ${position}`);
      }
      parts.push({ character: following });
      index += 1;
      position += 1;
    } else {
      parts.push({ character });
    }
    position += Buffer.byteLength(character);
  }
  return parts;
}

/** Whether the whole text fits. Linear in most cases: on a mismatch only the last wildcard takes one character more. */
export function matchesWildcard(parts: readonly WildcardPart[], text: string): boolean {
  const characters = Array.from(text);
  let part = 0;
  let character = 0;
  let lastWildcard = -1;
  let wildcardEnd = 0;
  while (character < characters.length) {
    const current = parts[part];
    if (current === 'any') {
      lastWildcard = part;
      wildcardEnd = character;
      part += 1;
    } else if (current && current.character === characters[character]) {
      part += 1;
      character += 1;
    } else if (lastWildcard >= 0) {
      part = lastWildcard + 1;
      wildcardEnd += 1;
      character = wildcardEnd;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest === 'any');
}

/** Whether the wildcard patterns of one field together keep more partial matches alive than AWS accepts. */
export function isTooComplex(patterns: readonly (readonly WildcardPart[])[]): boolean {
  // A state is 'this many parts of this pattern are matched'; standing before a wildcard, it waits for anything.
  const states = patterns.flatMap((parts, pattern) => parts.map((_part, index) => ({ pattern, index })));
  const partAt = (state: number) => {
    const { pattern, index } = states[state] as (typeof states)[number];
    return patterns[pattern]?.[index];
  };
  const isFirst = (state: number) => states[state]?.index === 0;
  const isLast = (state: number) => states[state + 1] === undefined || isFirst(state + 1);
  const alphabet = new Set(patterns.flat().map((part) => (part === 'any' ? '' : part.character)));

  // Past a wildcard without having used it
  const withSkips = (reached: readonly number[]) =>
    new Set(reached.flatMap((state) => (partAt(state) === 'any' && !isLast(state) ? [state, state + 1] : [state])));
  const start = withSkips(states.flatMap((_state, index) => (isFirst(index) ? [index] : [])));
  const seen = new Set<string>();
  const queue: ReadonlySet<number>[] = [start];
  for (let current = queue.pop(); current; current = queue.pop()) {
    for (const character of alphabet) {
      let partialMatches = 0;
      const reached: number[] = [];
      for (const state of current) {
        const part = partAt(state);
        if (part === 'any') {
          partialMatches += 1;
          reached.push(state);
        } else if (part?.character === character) {
          partialMatches += 1;
          if (!isLast(state)) reached.push(state + 1);
        }
      }
      if (partialMatches > partialMatchesMax) return true;
      const next = withSkips(reached);
      const key = [...next].sort((a, b) => a - b).join(' ');
      if (seen.has(key)) continue;
      if (seen.size >= inputsExploredMax) return true;
      seen.add(key);
      queue.push(next);
    }
  }
  return false;
}
