/**
 * The shape of `fleet.yaml`, with every default. An issue's message is what was expected, in words: `parse.ts` adds
 * where and what was found. What a key means is in docs/fleet.md; a test holds the two together.
 */
import * as z from 'zod/mini';
import type { Ec2Cluster, Fleet, StoragePolicy } from './fleet.ts';

/** One number of the policy: its default and limits, both included. */
export interface PolicyKey {
  initial: number;
  least: number;
  most: number;
  whole: boolean;
}

const fraction = (initial: number): PolicyKey => ({ initial, least: 0.01, most: 0.99, whole: false });
const whole = (initial: number, least: number, most: number): PolicyKey => ({ initial, least, most, whole: true });
const amount = (initial: number, least: number, most: number): PolicyKey => ({ initial, least, most, whole: false });

/** gp3's and io2's largest volume (aws-facts 2.1). */
const VOLUME_GIB_MAX = 65_536;
const MANY_GIB = 10_000_000;
const MANY_USD = 10_000_000;

export const POLICY: Readonly<Record<keyof StoragePolicy, PolicyKey>> = {
  usedFractionMax: fraction(0.75),
  usedFractionTarget: fraction(0.6),
  usedFractionEmergency: fraction(0.9),
  fullWithinHours: amount(24, 0, 720),
  modificationsPerDayMax: whole(4, 1, 4), // EBS: four per rolling 24 h (aws-facts 2.1)
  modificationsReserved: whole(1, 0, 3),
  stepGibMin: whole(10, 1, VOLUME_GIB_MAX),
  stepGibMax: whole(1_024, 1, VOLUME_GIB_MAX),
  sizeGibMax: whole(16_384, 1, VOLUME_GIB_MAX),
  growthGibPerDayMax: whole(2_048, 1, MANY_GIB),
  clusterGibMax: whole(65_536, 1, MANY_GIB),
  clusterUsdPerMonthMax: amount(5_000, 0, MANY_USD),
  approvalAboveUsdPerMonth: amount(100, 0, MANY_USD),
  approvalTimeoutHours: amount(8, 0.25, 168),
  metricAgeMinutesMax: amount(20, 1, 1_440),
  escalationReminderHours: amount(12, 1, 168),
};

/** USD per GiB-month in us-east-1, well known on this date (aws-facts 9). */
export const PRICES: Fleet['prices'] = {
  date: '2026-11-20',
  usdPerGibMonth: { gp2: 0.1, gp3: 0.08, io1: 0.125, io2: 0.125, st1: 0.045, sc1: 0.015 },
};

/** CloudWatch agent's metric of a mounted file system (aws-facts 2.3). */
export const METRIC: Ec2Cluster['metric'] = { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 };

export const SWEEP_MINUTES = 15;

export const KINDS_LATER = ['msk', 'strimzi'];

/** A text that matches. */
const text = (pattern: RegExp, expected: string) => z.string(expected).check(z.regex(pattern, expected));

const number = (key: Omit<PolicyKey, 'initial'>) => {
  const expected = expectedNumber(key);
  return z
    .number(expected)
    .check(
      z.refine((value) => value >= key.least && value <= key.most && (!key.whole || Number.isInteger(value)), expected),
    );
};

export function expectedNumber({ least, most, whole }: Omit<PolicyKey, 'initial'>): string {
  if (least === 0.01 && most === 0.99) return 'a number between 0 and 1 (0.01 to 0.99)';
  return `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
}

const list = <T extends z.ZodMiniType>(item: T, expected: string, most: number) =>
  z.array(item, expected).check(z.maxLength(most, `${expected} (at most ${most})`));

const Policy = z.strictObject(
  Object.fromEntries(Object.entries(POLICY).map(([name, key]) => [name, z.optional(number(key))])) as {
    [K in keyof StoragePolicy]: z.ZodMiniOptional<z.ZodMiniNumber>;
  },
  'policy keys (docs/fleet.md)',
);

const Metric = z.strictObject(
  {
    namespace: z.optional(text(/^[^:].{0,254}$/, "a CloudWatch namespace, e.g. 'CWAgent'")),
    name: z.optional(text(/^.{1,255}$/, "a metric's name, e.g. 'disk_used_percent'")),
    periodSeconds: z.optional(
      z
        .number('10, 30 or a multiple of 60 up to 3600 (seconds)')
        .check(
          z.refine(
            (seconds) => seconds === 10 || seconds === 30 || (seconds > 0 && seconds <= 3_600 && seconds % 60 === 0),
            '10, 30 or a multiple of 60 up to 3600 (seconds)',
          ),
        ),
    ),
  },
  'namespace, name and periodSeconds',
);

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dayNames = `days among ${DAYS.join(', ')}`;
const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in quotes, UTC, "HH:MM"');
const Windows = list(
  z.strictObject(
    {
      days: z.array(z.enum(DAYS, dayNames), dayNames).check(z.minLength(1, dayNames)),
      from: timeOfDay,
      to: timeOfDay,
    },
    'days, from and to',
  ),
  'a list of windows with days, from and to',
  50,
);

/** Also refused: `/`, `..`, double and trailing slashes, which would name one place twice. */
const mountPoints = list(
  text(/^(?!.*\/\.{1,2}(\/|$))(\/[A-Za-z0-9._+@-]+)+$/, "an absolute path below '/', without '..' or a trailing slash"),
  "a list of mount points, e.g. ['/data1']",
  50,
).check(z.minLength(1, 'at least one mount point'));

const account = text(/^\d{12}$/, 'an account id of 12 digits, in quotes');
const region = text(/^[a-z]{2}(-[a-z]+)+-\d$/, "a Region, e.g. 'eu-central-1'");
const mode = z.enum(['observe', 'act'], "'observe' or 'act'");
const tagValue = 'a text (put numbers and true/false in quotes)';

const Brokers = z
  .strictObject(
    {
      tags: z.optional(
        z
          .record(
            z.string(),
            z.string(tagValue).check(z.maxLength(256, 'at most 256 characters')),
            'tags and their values',
          )
          .check(
            z.refine((tags) => Object.keys(tags).length > 0, 'at least one tag: no tag would select every instance'),
          ),
      ),
      instanceIds: z.optional(
        list(
          text(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, "an instance id, e.g. 'i-0123456789abcdef0'"),
          'a list of instance ids',
          1_000,
        ).check(z.minLength(1, 'at least one instance id')),
      ),
    },
    'either tags or instanceIds',
  )
  .check(
    z.refine(
      ({ tags, instanceIds }) => (tags === undefined) !== (instanceIds === undefined),
      'either tags or instanceIds, exactly one of them',
    ),
  );

/** What a cluster can inherit: its own key, else its group's, else the defaults', else the built-in value. */
const inherited = {
  mode: z.optional(mode),
  mountPoints: z.optional(mountPoints),
  metric: z.optional(Metric),
  policy: z.optional(Policy),
  maintenanceWindows: z.optional(Windows),
};

const ClusterShape = z.strictObject(
  {
    name: text(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      "a name of letters, digits, '.', '_' and '-', at most 64 characters",
    ),
    kind: z.enum(['ec2'], `'ec2' (${KINDS_LATER.join(' and ')} are not supported yet)`),
    group: z.optional(z.string("a group's name")),
    account: z.optional(account),
    region: z.optional(region),
    brokers: Brokers,
    ...inherited,
  },
  'a cluster with name, kind, brokers and mountPoints',
);

const price = number({ least: 0, most: 1_000, whole: false });
const Prices = z.strictObject(
  {
    date: text(/^\d{4}-\d{2}-\d{2}$/, 'the date that the prices are of, in quotes, "YYYY-MM-DD"'),
    usdPerGibMonth: z.strictObject(
      {
        gp2: z.optional(price),
        gp3: z.optional(price),
        io1: z.optional(price),
        io2: z.optional(price),
        st1: z.optional(price),
        sc1: z.optional(price),
      },
      'USD per GiB-month by volume type',
    ),
  },
  'date and usdPerGibMonth',
);

/** `fleet.yaml` as written, before defaults and groups are resolved. */
export const FleetShape = z.strictObject(
  {
    version: z.literal(1, '1'),
    // Names functions (<name>-<verb>) and state machines: Lambda allows 64 characters.
    name: text(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, "2 to 32 small letters, digits and '-', a letter first"),
    account: z.optional(account),
    region: z.optional(region),
    sweepMinutes: z.optional(number({ least: 1, most: 1_440, whole: true })),
    adoptedAlarmArns: z.optional(
      list(
        text(
          /^arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+$/,
          "an alarm's ARN, arn:aws:cloudwatch:<region>:<account>:alarm:<name>",
        ),
        "a list of alarms' ARNs",
        1_000,
      ),
    ),
    notify: z.optional(
      z.strictObject(
        {
          emails: z.optional(
            list(text(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address'), 'a list of e-mail addresses', 100),
          ),
        },
        'emails',
      ),
    ),
    prices: z.optional(Prices),
    defaults: z.optional(z.strictObject(inherited, 'mode, mountPoints, metric, policy or maintenanceWindows')),
    groups: z.optional(
      z.record(
        z.string(),
        z.strictObject(inherited, 'mode, mountPoints, metric, policy or maintenanceWindows'),
        'groups by name',
      ),
    ),
    clusters: list(ClusterShape, 'a list of clusters', 1_000).check(z.minLength(1, 'at least one cluster')),
  },
  'a fleet with version, name and clusters',
);

export type FleetSource = z.infer<typeof FleetShape>;
export type ClusterSource = FleetSource['clusters'][number];
