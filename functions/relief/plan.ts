/**
 * Plans a relief: which topics, how much shorter. Pure: no clock, no I/O.
 *
 * What has to be freed is what brings the fullest broker to `usedFractionTarget` at the rate at which it fills, by the
 * time that growth is allowed again. The heaviest topics come first, each no further than needed and never below the
 * floor; the last one is shortened only in part.
 */
import type { RetentionRelief } from '../fleet/fleet.ts';
import { retentionOf, topicBars, unbounded } from './decide.ts';
import type { LeftReason, PlannedTopic, ReliefDecision, ReliefEvidence } from './decision.ts';
import type { ReliefFacts, TopicFacts } from './facts.ts';
import { bytesPerGib, bytesPerMib, freesGibMin, hourMs, namesMax } from './limits.ts';
import { freedGib, heldBytes, replicaRates, segmentBytesOf } from './usage.ts';

export interface ReliefRequest {
  facts: ReliefFacts;
  relief: RetentionRelief;
  usedFractionTarget: number;
  /** Growth is allowed again then; absent: nobody knows. */
  retryAtMs?: number | undefined;
  /** The growth's own forecast, where it is steeper than what was measured. */
  fullInHours?: number | undefined;
  /** What an earlier plan of the same relief found, where it is steeper. */
  fillGibPerHour?: number | undefined;
  /** A person named these; nothing else is touched, and a weight may be unknown. */
  named?: readonly string[] | undefined;
}

/** A topic that may be shortened, as a scale from its floor up to (excluding) what it has now. */
interface Candidate {
  facts: TopicFacts;
  key: 'retention.ms' | 'retention.bytes';
  unit: number;
  /** In units. */
  floor: number;
  ceiling: number;
  /** GiB on the fullest broker; undefined: unknown. */
  freesGib(units: number): number | undefined;
}

export function decideRelief(request: ReliefRequest): ReliefDecision {
  const { facts, relief, named } = request;
  const evidence = needOf(request);
  if ((evidence.needGib ?? 0) <= 0) return { action: 'keep', reason: 'not-needed', evidence };

  const left: { name: string; why: LeftReason }[] = (named ?? [])
    .filter((name) => facts.topics.every(({ topic }) => topic.name !== name))
    .map((name) => ({ name, why: 'not-found' }));
  const scale = believable(facts);
  const weighed: { candidate: Candidate; mostGib: number }[] = [];
  const unweighed: Candidate[] = [];
  for (const one of facts.topics) {
    const { name } = one.topic;
    const isNamed = named?.includes(name) === true;
    const why = named !== undefined && !isNamed ? ('not-named' as const) : topicBars(one.topic, relief, isNamed);
    const found = why ?? candidateOf(one, facts.fullest.brokerId, relief, scale);
    if (typeof found === 'string') left.push({ name, why: found });
    else {
      const mostGib = found.freesGib(found.floor);
      if (mostGib === undefined && isNamed) unweighed.push(found);
      else if (mostGib === undefined) left.push({ name, why: 'weight-unknown' });
      else if (mostGib < freesGibMin) left.push({ name, why: 'frees-nothing' });
      else weighed.push({ candidate: found, mostGib });
    }
  }
  const nameOf = ({ candidate }: { candidate: Candidate }): string => candidate.facts.topic.name;
  weighed.sort((a, b) => b.mostGib - a.mostGib || (nameOf(a) < nameOf(b) ? -1 : 1));

  const topics: PlannedTopic[] = [];
  let missingGib = evidence.needGib ?? 0;
  for (const candidate of [...weighed.map(({ candidate }) => candidate), ...unweighed]) {
    if (missingGib <= 0) break;
    if (topics.length >= relief.topicsMax) {
      left.push({ name: candidate.facts.topic.name, why: 'beyond-topics-max' });
      continue;
    }
    const planned = shorten(candidate, missingGib);
    topics.push(planned);
    missingGib -= planned.freesGib ?? 0;
  }

  const full = { ...evidence, ...listed(left), ...(facts.unread > 0 && { unread: facts.unread }) };
  if (topics.length === 0) {
    const isBlind = left.some(({ why }) => why === 'weight-unknown');
    return { action: 'refuse', reason: isBlind ? 'weights-unknown' : 'nothing-to-shorten', evidence: full };
  }
  const freesGib = roundedDown(topics.reduce((sum, topic) => sum + (topic.freesGib ?? 0), 0));
  const isUnknown = topics.some((topic) => topic.freesGib === undefined);
  const reason = missingGib <= 0 ? 'enough' : isUnknown ? 'unweighed' : 'not-enough';
  return { action: 'shorten', reason, topics, evidence: { ...full, freesGib } };
}

function needOf(request: ReliefRequest): ReliefEvidence {
  const { facts, relief, usedFractionTarget, retryAtMs, fullInHours } = request;
  const { brokerId, usedGib, capacityGib, fillGibPerHour: measured } = facts.fullest;
  const restoreAtMs = facts.nowMs + relief.restoreAfterHours * hourMs;
  const untilMs = Math.min(Math.max(retryAtMs ?? restoreAtMs, facts.nowMs), restoreAtMs);
  const forecast = fullInHours === undefined ? 0 : (capacityGib - usedGib) / Math.max(fullInHours, 0.1);
  const fillGibPerHour = Math.max(measured, forecast, request.fillGibPerHour ?? 0);
  const needGib = usedGib + (fillGibPerHour * (untilMs - facts.nowMs)) / hourMs - usedFractionTarget * capacityGib;
  return {
    brokerId,
    usedGib: rounded(usedGib),
    capacityGib: rounded(capacityGib),
    usedFraction: Math.round((usedGib / capacityGib) * 1000) / 1000,
    fillGibPerHour: rounded(fillGibPerHour),
    ...(fillGibPerHour > 0 && { fullInHours: rounded((capacityGib - usedGib) / fillGibPerHour) }),
    untilMs,
    needGib: rounded(needGib),
  };
}

/** Traffic × retention can't weigh more than what lies there: where it seems so (a young topic, compression), all weigh less. */
function believable({ topics, fullest }: ReliefFacts): number {
  const heldGib = topics.reduce((sum, one) => {
    const { ms, bytes = unbounded } = retentionOf(one.topic.configs);
    const held = ms === undefined ? [] : (heldBytes(one, fullest.brokerId, { ms, bytes }) ?? []);
    return sum + held.filter(Number.isFinite).reduce((total, bytesHeld) => total + bytesHeld, 0) / bytesPerGib;
  }, 0);
  return heldGib > fullest.usedGib ? fullest.usedGib / heldGib : 1;
}

function candidateOf(
  one: TopicFacts,
  brokerId: number,
  relief: RetentionRelief,
  scale: number,
): Candidate | 'at-floor' {
  const { ms = unbounded, bytes = unbounded } = retentionOf(one.topic.configs);
  const byTime = ms !== unbounded;
  const unit = byTime ? hourMs : bytesPerMib;
  // Where size alone bounds, the floor of hours holds as well, as far as the traffic is known.
  const rates = replicaRates(one, brokerId) ?? [];
  const hoursInBytes = (Math.max(0, ...rates) * relief.retentionHoursMin * hourMs) / 1000;
  const floor = byTime
    ? Math.ceil(relief.retentionHoursMin)
    : Math.ceil(Math.max(relief.retentionGibMin * bytesPerGib, hoursInBytes) / bytesPerMib);
  const ceiling = Math.ceil((byTime ? ms : bytes) / unit) - 1;
  if (ceiling < floor) return 'at-floor';

  const before = heldBytes(one, brokerId, { ms, bytes });
  const freesGib = (units: number): number | undefined => {
    const after = heldBytes(one, brokerId, byTime ? { ms: units * unit, bytes } : { ms, bytes: units * unit });
    if (before === undefined || after === undefined) return undefined;
    return scale * freedGib(before, after, segmentBytesOf(one.topic.configs));
  };
  return { facts: one, key: byTime ? 'retention.ms' : 'retention.bytes', unit, floor, ceiling, freesGib };
}

/** The longest retention that frees what is missing, else the floor. */
function shorten(candidate: Candidate, missingGib: number): PlannedTopic {
  const { facts, key, unit, floor, ceiling } = candidate;
  let low = floor;
  let high = ceiling;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((candidate.freesGib(middle) ?? 0) >= missingGib) low = middle;
    else high = middle - 1;
  }
  const freesGib = candidate.freesGib(low);
  return {
    name: facts.topic.name,
    id: facts.topic.id,
    former: { [key]: facts.topic.configs[key] ?? '' },
    ...(facts.topic.own?.includes(key) === false && { inherited: true }),
    shortened: { [key]: String(low * unit) },
    ...(freesGib !== undefined && { freesGib: roundedDown(freesGib) }),
  };
}

/** Those first that a person may do something about. */
function listed(left: { name: string; why: LeftReason }[]): Pick<ReliefEvidence, 'left' | 'leftCount'> {
  const sorted = left.toSorted((a, b) => dull(a) - dull(b));
  return { left: sorted.slice(0, namesMax), leftCount: left.length };
}

const dull = ({ why }: { why: LeftReason }): number => Number(why === 'internal' || why === 'not-named');
const rounded = (value: number): number => Math.round(value * 100) / 100;
const roundedDown = (value: number): number => Math.floor(value * 100) / 100;
