/** EventBridge event patterns: compile once, match often. Pure. */
import { compilePattern, type EventPattern, type FieldPattern } from './compile.ts';
import { flattenEvent, parseEvent, type FlatEvent, type Membership } from './flatten.ts';

export { compilePattern, type EventPattern } from './compile.ts';
export { InvalidEventException, InvalidEventPatternException } from './errors.ts';

/**
 * Whether the event matches.
 *
 * @param event the event's JSON value; fields that are undefined are taken as absent
 * @throws InvalidEventException when the event is no object
 */
export function matches(pattern: EventPattern, event: unknown): boolean {
  const flat = flattenEvent(event);
  return pattern.alternatives.some((fields) => matchFrom(0, fields, flat, new Map()));
}

/**
 * EventBridge's `TestEventPattern` for two JSON texts. Numbers keep their digits as written. The envelope's mandatory
 * fields (id, source, time…) are not asked for.
 *
 * @throws InvalidEventPatternException, InvalidEventException
 */
export function testEventPattern(patternText: string, eventText: string): boolean {
  const event = parseEvent(eventText);
  return matches(compilePattern(patternText), event);
}

/**
 * Array consistency: the leaves chosen for the fields may not lie in different elements of one array. Fields are taken in
 * the order of their paths, and absence is judged among the leaves that fit what has been chosen so far; both as in
 * aws/event-ruler, `ACFinder` and `NameState`.
 */
function matchFrom(index: number, fields: readonly FieldPattern[], event: FlatEvent, chosen: Membership): boolean {
  const field = fields[index];
  if (!field) return true;
  let isAbsent = true;
  for (const leaf of event.get(field.path) ?? []) {
    const together = join(chosen, leaf.membership);
    if (!together) continue;
    isAbsent = false;
    if (field.accepts.some((accepts) => accepts(leaf.value)) && matchFrom(index + 1, fields, event, together)) {
      return true;
    }
  }
  return field.mayBeAbsent && isAbsent && matchFrom(index + 1, fields, event, chosen);
}

/** Both memberships together, or undefined when they name different elements of one array. */
function join(one: Membership, other: Membership): Membership | undefined {
  if (other.size === 0) return one;
  const together = new Map(one);
  for (const [array, element] of other) {
    if ((together.get(array) ?? element) !== element) return undefined;
    together.set(array, element);
  }
  return together;
}
