/**
 * The shape of `fleet.yaml`, with every default. An issue's message is what was expected, in words: `parse.ts` adds
 * where and what was found. What a key means is in docs/fleet.md; a test holds the two together.
 */
import * as z from 'zod/mini';
import type { Ec2Cluster, Fleet, RetentionRelief, StoragePolicy } from './fleet.ts';

/** One number: its default and limits, both included. */
export interface NumberKey {
  initial: number;
  least: number;
  most: number;
  whole: boolean;
}

const fraction = (initial: number): NumberKey => ({ initial, least: 0.01, most: 0.99, whole: false });
const whole = (initial: number, least: number, most: number): NumberKey => ({ initial, least, most, whole: true });
const amount = (initial: number, least: number, most: number): NumberKey => ({ initial, least, most, whole: false });

/** gp3's and io2's largest volume (aws-facts 2.1). */
const VOLUME_GIB_MAX = 65_536;
const MANY_GIB = 10_000_000;
const MANY_USD = 10_000_000;

export const POLICY: Readonly<Record<keyof StoragePolicy, NumberKey>> = {
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

/** Where MSK's limits are narrower: one volume of a broker, and one step of it (aws-facts 1.1). */
export const MSK_SIZE_GIB_MAX = 16_384;
export const MSK_STEP_GIB_MIN = 10;
/** `KafkaDataLogsDiskUsed` comes every minute (aws-facts 1.5). */
export const MSK_PERIOD_SECONDS = 60;

/** MSK has a cool-down of 6 to 24 h instead of a count (aws-facts 1.1). */
export const NOT_FOR_MSK = [
  'modificationsPerDayMax',
  'modificationsReserved',
] as const satisfies (keyof StoragePolicy)[];

type ReliefNumbers = Omit<RetentionRelief, 'enabled' | 'approval' | 'exclude'>;

/** Whole, because Kafka takes whole milliseconds and bytes. */
export const RELIEF: Readonly<Record<keyof ReliefNumbers, NumberKey>> = {
  retentionHoursMin: whole(24, 1, 8_760),
  retentionGibMin: whole(1, 1, VOLUME_GIB_MAX),
  topicsMax: whole(5, 1, 100),
  restoreAfterHours: whole(24, 1, 168),
};

export const SKEW: NumberKey = amount(0.2, 0.05, 0.9);

/** USD per GiB-month in us-east-1, well known on this date; `msk` is Standard brokers' storage (aws-facts 9). */
export const PRICES: Fleet['prices'] = {
  date: '2026-11-20',
  usdPerGibMonth: { gp2: 0.1, gp3: 0.08, io1: 0.125, io2: 0.125, st1: 0.045, sc1: 0.015, msk: 0.1 },
};

/** CloudWatch agent's metric of a mounted file system (aws-facts 2.3). */
export const METRIC: Ec2Cluster['metric'] = { namespace: 'CWAgent', name: 'disk_used_percent', periodSeconds: 60 };

export const SWEEP_MINUTES = 15;

/** A text that matches. */
const text = (pattern: RegExp, expected: string) => z.string(expected).check(z.regex(pattern, expected));

const number = (key: Omit<NumberKey, 'initial'>) => {
  const expected = expectedNumber(key);
  return z
    .number(expected)
    .check(
      z.refine((value) => value >= key.least && value <= key.most && (!key.whole || Number.isInteger(value)), expected),
    );
};

export function expectedNumber({ least, most, whole }: Omit<NumberKey, 'initial'>): string {
  if (least === 0.01 && most === 0.99) return 'a number between 0 and 1 (0.01 to 0.99)';
  return `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
}

const list = <T extends z.ZodMiniType>(item: T, expected: string, most: number) =>
  z.array(item, expected).check(z.maxLength(most, `${expected} (at most ${most})`));

const numbers = <K extends string>(keys: Readonly<Record<K, NumberKey>>) =>
  Object.fromEntries(Object.entries<NumberKey>(keys).map(([name, key]) => [name, z.optional(number(key))])) as {
    [key in K]: z.ZodMiniOptional<z.ZodMiniNumber>;
  };

const Policy = z.strictObject(numbers(POLICY), 'policy keys (docs/fleet.md)');

const yesOrNo = z.boolean('true or false');

const Relief = z.strictObject(
  {
    enabled: z.optional(yesOrNo),
    approval: z.optional(z.enum(['ask', 'waived'], "'ask' or 'waived'")),
    exclude: z.optional(
      list(
        // Kafka's names: letters, digits, '.', '_' and '-', at most 249.
        text(/^([A-Za-z0-9._-]{1,249}|[A-Za-z0-9._-]{0,248}\*)$/, "a topic's name, or how names begin and then '*'"),
        "a list of topics, e.g. ['payments', 'audit-*']",
        1_000,
      ),
    ),
    ...numbers(RELIEF),
  },
  'retentionRelief keys (docs/fleet.md)',
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

const networkName = text(
  /^[a-z][a-z0-9-]{0,16}[a-z0-9]$/,
  "a network's name: 2 to 18 small letters, digits and '-', a letter first",
);
const subnets = "a list of subnet ids, e.g. ['subnet-0123456789abcdef0']";
const securityGroups = "a list of security group ids, e.g. ['sg-0123456789abcdef0']";

/** A name is part of a function's: with `<fleet>-serve-topics-` before it at most 64 characters. */
const Networks = z.record(
  networkName,
  z.strictObject(
    {
      // "up to 16 subnets", "up to 5 security groups" [SDK lambda VpcConfig; Lambda guide configuration-vpc] [?]
      subnetIds: list(
        text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, "a subnet's id, e.g. 'subnet-0123456789abcdef0'"),
        subnets,
        16,
      ).check(z.minLength(1, 'at least one subnet id')),
      securityGroupIds: list(
        text(/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/, "a security group's id, e.g. 'sg-0123456789abcdef0'"),
        securityGroups,
        5,
      ).check(z.minLength(1, 'at least one security group id')),
    },
    'subnetIds and securityGroupIds',
  ),
  'networks by name',
);

const securities = "'plaintext' or 'tls' (sasl-scram and iam are not supported yet)";
const Kafka = z
  .strictObject(
    {
      network: z.string("a network's name"),
      bootstrapServers: list(
        text(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?:([1-9]\d{0,4})$/, "a broker's address, host:port"),
        "a list of brokers' addresses, e.g. ['broker-1.internal:9092']",
        10,
      ).check(z.minLength(1, "at least one broker's address")),
      security: z.enum(['plaintext', 'tls'], securities),
      certificateAuthorities: z.optional(
        text(
          /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*){1,10}$/,
          'certificates in PEM form, at most 10: -----BEGIN CERTIFICATE----- …',
        ),
      ),
    },
    'network, bootstrapServers and security',
  )
  .check(
    z.refine(({ security, certificateAuthorities }) => security === 'tls' || certificateAuthorities === undefined, {
      error: 'no certificateAuthorities without security: tls',
      path: ['certificateAuthorities'],
    }),
  );

/** An MSK cluster's ARN (IAM's service authorization reference, SDK kafka); a name has at most 64 characters (CFN). */
const CLUSTER_ARN = /^arn:aws[a-z-]*:kafka:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):cluster\/([^/\s]{1,64})\/[A-Za-z0-9-]+$/;

/** @param clusterArn has passed the shape */
export function partsOfArn(clusterArn: string): { region: string; account: string; clusterName: string } {
  const [, region = '', account = '', clusterName = ''] = CLUSTER_ARN.exec(clusterArn) ?? [];
  return { region, account, clusterName };
}

/** What a cluster can inherit: its own key, else its group's, else the defaults', else the built-in value. */
const everyKind = {
  mode: z.optional(mode),
  policy: z.optional(Policy),
  maintenanceWindows: z.optional(Windows),
  retentionRelief: z.optional(Relief),
};
const ec2Only = { mountPoints: z.optional(mountPoints), metric: z.optional(Metric) };
const mskOnly = { takeOverFromAutoScaling: z.optional(yesOrNo), skewFractionMax: z.optional(number(SKEW)) };

/** Defaults and groups serve clusters of every kind: each takes the keys of its own. */
const inherited = { ...everyKind, ...ec2Only, ...mskOnly };
const Inherited = z.strictObject(inherited, `keys of a cluster: ${Object.keys(inherited).join(', ')}`);

const anyCluster = {
  name: text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name of letters, digits, '.', '_' and '-', at most 64 characters"),
  group: z.optional(z.string("a group's name")),
  account: z.optional(account),
  region: z.optional(region),
  ...everyKind,
};

const howMany = 'how many brokers, 1 to 60 (which ones: those of clusterArn)';
/** 60: a cluster's quota [DG limits] [?]. */
const brokerCount = z.int(howMany).check(z.gte(1, howMany), z.lte(60, howMany));

const aCluster = 'a cluster with name and kind';

/** What can be judged of a cluster whose kind is not known. */
export const KindlessShape = z.object(anyCluster, aCluster);

/** A cluster's shape by its kind. */
export const CLUSTER_SHAPES = {
  ec2: z.strictObject({
    ...anyCluster,
    kind: z.literal('ec2'),
    brokers: Brokers,
    kafka: z.optional(Kafka),
    ...ec2Only,
  }),
  msk: z.strictObject({
    ...anyCluster,
    kind: z.literal('msk'),
    clusterArn: text(CLUSTER_ARN, "an MSK cluster's ARN, arn:aws:kafka:<region>:<account>:cluster/<name>/<uuid>"),
    brokers: z.optional(brokerCount),
    ...mskOnly,
  }),
};

const kinds = "'ec2' or 'msk' (strimzi is not supported yet)";
const elastic =
  'a cluster that has volumes: the storage of MSK Express and Serverless is elastic, nothing has to grow, so take it out of the fleet file';
const ClusterShape = z.discriminatedUnion('kind', [CLUSTER_SHAPES.ec2, CLUSTER_SHAPES.msk], {
  error: ({ code, input }) => {
    if (code !== 'invalid_union') return aCluster;
    return /express|serverless/i.test(String((input as { kind?: unknown }).kind)) ? elastic : kinds;
  },
});

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
        msk: z.optional(price),
      },
      'USD per GiB-month by volume type, and msk',
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
    networks: z.optional(Networks),
    defaults: z.optional(Inherited),
    groups: z.optional(z.record(z.string(), Inherited, 'groups by name')),
    clusters: list(ClusterShape, 'a list of clusters', 1_000).check(z.minLength(1, 'at least one cluster')),
  },
  'a fleet with version, name and clusters',
);

export type FleetSource = z.infer<typeof FleetShape>;
export type ClusterSource = FleetSource['clusters'][number];
export type Ec2Source = Extract<ClusterSource, { kind: 'ec2' }>;
export type MskSource = Extract<ClusterSource, { kind: 'msk' }>;
