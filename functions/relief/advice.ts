/** What people are told: retention in words, and what they can do by hand, as exact commands with the way back. Pure. */
import type { RetentionRelief } from '../fleet/fleet.ts';
import type { ReliefTopic } from '../gateways/ledger/ledger.ts';
import type { PlannedTopic, ReliefDecision } from './decision.ts';
import { bytesPerGib, hourMs } from './limits.ts';

/** Where relief itself does nothing: the planned values where there is a plan, else the floor's. */
export function commandsByHand(decision: ReliefDecision | undefined, relief: RetentionRelief | undefined): string[] {
  if (decision?.action === 'shorten') {
    return [
      'The same by hand:',
      ...decision.topics.map(({ name, shortened }) => commandOf(name, shortened)),
      'And the way back:',
      ...decision.topics.map(commandBack),
    ];
  }
  const broker = decision?.evidence.brokerId ?? 'BROKER';
  const ms = (relief?.retentionHoursMin ?? 24) * hourMs;
  const bytes = (relief?.retentionGibMin ?? 1) * bytesPerGib;
  return [
    'By hand, for a topic that may lose its oldest records:',
    '  which weigh most:',
    `  kafka-log-dirs.sh --bootstrap-server HOST:9092 --describe --broker-list ${broker} | tail -1 | jq '[.brokers[].logDirs[].partitions[]] | sort_by(-.size) | .[:10]'`,
    '  what a topic has now, to be noted for the way back:',
    '  kafka-configs.sh --bootstrap-server HOST:9092 --describe --all --entity-type topics --entity-name TOPIC',
    `  shorter, at the floor of the policy (${relief?.retentionHoursMin ?? 24} h, or ${relief?.retentionGibMin ?? 1} GiB a partition where retention.ms is -1):`,
    commandOf('TOPIC', { 'retention.ms': String(ms) }),
    commandOf('TOPIC', { 'retention.bytes': String(bytes) }),
    'And the way back: the noted value, or, where the topic had none of its own:',
    commandOf('TOPIC', { 'retention.ms': 'FORMER' }),
    '  kafka-configs.sh --bootstrap-server HOST:9092 --alter --entity-type topics --entity-name TOPIC --delete-config retention.ms',
  ];
}

/** What the figures were, and which topics were not touched and why. */
export function figures({ evidence }: ReliefDecision): string[] {
  const {
    brokerId,
    usedFraction,
    capacityGib,
    needGib,
    freesGib,
    untilMs,
    left = [],
    leftCount = 0,
    unread,
  } = evidence;
  const until = untilMs === undefined ? '' : ` until ${isoTime(untilMs)}`;
  return [
    ...(usedFraction === undefined
      ? []
      : [
          `Broker ${brokerId} uses ${Math.round(usedFraction * 100)} % of ${capacityGib} GiB; needed${until}: ${needGib} GiB${freesGib === undefined ? '' : `, this frees about ${freesGib} GiB there`}.`,
        ]),
    ...(left.length === 0
      ? []
      : [
          `Not touched: ${left.map(({ name, why }) => `${name} (${why})`).join(', ')}${more(leftCount - left.length)}.`,
        ]),
    ...(unread === undefined ? [] : [`${unread} topics with less traffic were not looked at.`]),
    ...(left.some(({ why }) => why === 'weight-unknown')
      ? [
          'CloudWatch has no BytesInPerSec of some topics for 24 h (silent, or the metric is not kept): naming topics shortens them without a promise of what it frees.',
        ]
      : []),
  ];
}

/** The state of a relief, a line a topic. */
export function topicStates(topics: readonly ReliefTopic[]): string[] {
  return topics.map(
    ({ name, state, former, shortened, detail }) =>
      `  ${name}: ${state}${detail === undefined ? '' : ` (${detail})`}, ${pairs(former)} → ${pairs(shortened)}`,
  );
}

/** Former values that are still owed, by hand. */
export function restoreByHand(topics: readonly ReliefTopic[]): string[] {
  const owed = topics.filter(({ state }) => state === 'planned' || state === 'shortened');
  if (owed.length === 0) return [];
  return ['By hand:', ...owed.map(commandBack)];
}

function pairs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

const more = (count: number): string => (count > 0 ? ` and ${count} more` : '');

/** `retention.ms 168 h → 24 h`. */
export function changeOf({ former, shortened }: Pick<PlannedTopic, 'former' | 'shortened'>): string {
  return Object.entries(shortened)
    .map(([key, value]) => `${key} ${amountOf(key, former[key])} → ${amountOf(key, value)}`)
    .join(', ');
}

function amountOf(key: string, value: string | undefined): string {
  if (value === undefined) return 'unset';
  const unit = key === 'retention.ms' ? { size: hourMs, name: 'h' } : { size: bytesPerGib, name: 'GiB a partition' };
  return `${Math.round((Number(value) / unit.size) * 100) / 100} ${unit.name}`;
}

/** The command that sets these values by hand. */
export function commandOf(topic: string, values: Readonly<Record<string, string>>): string {
  const configs = Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return `  kafka-configs.sh --bootstrap-server HOST:9092 --alter --entity-type topics --entity-name ${topic} --add-config ${configs}`;
}

function commandBack({ name, former, inherited }: Pick<ReliefTopic, 'name' | 'former' | 'inherited'>): string {
  if (inherited !== true) return commandOf(name, former);
  return `  kafka-configs.sh --bootstrap-server HOST:9092 --alter --entity-type topics --entity-name ${name} --delete-config ${Object.keys(former).join(',')}`;
}

export const isoTime = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16)}Z`;
