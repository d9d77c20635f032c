/**
 * Reads what the host scripts answered: the last line of JSON in standard output. Pure, and total: output that cannot be
 * read, such as one cut at SSM's 24,000 characters, is an answer too (`unreadable-output`), never an exception.
 */
import * as z from 'zod/mini';

/** Layouts whose filesystem `grow-filesystem` grows. */
export const growableLayouts = ['plain', 'partition', 'lvm', 'partition-lvm'] as const;

/** Layouts that are recognised and left alone. What each means: docs/host-scripts.md. */
export const refusedLayouts = [
  'raid',
  'luks',
  'zfs',
  'btrfs',
  'lvm-striped',
  'lvm-several-pvs',
  'lvm-several-lvs',
  'several-partitions',
  'multiple-mounts',
  'not-mounted',
  'read-only',
  'unknown',
] as const;

/** Why a volume could not even be looked at. Its layout is `unknown`. */
export const deviceProblems = ['device-not-found', 'wrong-device', 'xen-device', 'deadline'] as const;

const bytes = z.int().check(z.nonnegative());
const text = z.string().check(z.maxLength(4096));

// Lazy, these: every function that knows the kinds loads them, and few parse an answer.
const inspectedVolume = z.lazy(() =>
  z.object({
    volumeId: text,
    devicePath: z.nullable(text),
    deviceBytes: z.nullable(bytes),
    layout: z.enum([...growableLayouts, ...refusedLayouts]),
    /** Whether `grow-filesystem` would work on it as it is now. */
    supported: z.boolean(),
    reason: z.nullable(z.enum([...refusedLayouts, ...deviceProblems])),
    partitionNumber: z.optional(bytes),
    partitionBytes: z.optional(bytes),
    volumeGroup: z.optional(text),
    physicalVolumeBytes: z.optional(bytes),
    logicalVolume: z.optional(text),
    logicalVolumeBytes: z.optional(bytes),
    filesystem: z.nullable(text),
    filesystemUuid: z.nullable(text),
    /** At most four are listed. */
    mountPoints: z.array(text),
    /** As `df` shows it, so without the filesystem's own overhead; null when nothing is mounted. */
    filesystemBytes: z.nullable(bytes),
    usedBytes: z.nullable(bytes),
  }),
);

const inspection = z.lazy(() =>
  z.object({
    version: z.literal(1),
    script: z.literal('inspect-volume'),
    volumes: z.array(inspectedVolume).check(z.maxLength(100)),
  }),
);

const filesystemSize = z.object({ filesystemBytes: bytes, usedBytes: bytes });

const growth = z.lazy(() =>
  z.object({
    version: z.literal(1),
    script: z.literal('grow-filesystem'),
    volumeId: text,
    mountPoint: text,
    layout: z.enum(growableLayouts),
    filesystem: z.enum(['ext4', 'xfs']),
    devicePath: text,
    deviceBytes: bytes,
    before: filesystemSize,
    after: filesystemSize,
    /** False when everything had its full size already. */
    changed: z.boolean(),
    steps: z.array(z.enum(['growpart', 'pvresize', 'lvextend', 'lvchange', 'resize2fs', 'xfs_growfs'])),
  }),
);

/** Every code that a script answers, except `layout-unsupported:<reason>`; their exit codes are in the scripts. */
export const hostErrorCodes = [
  'bad-parameter',
  'tool-missing',
  'no-scratch',
  'busy',
  'device-not-found',
  'wrong-device',
  'size-not-visible',
  'not-mounted',
  'mount-point-mismatch',
  'partition-not-grown',
  'lvm-failed',
  'resize-failed',
  'not-grown',
  'deadline',
  'interrupted',
] as const;

const unsupportedLayouts = ['xen-device', ...refusedLayouts] as const;

const hostError = z.lazy(() =>
  z.object({
    version: z.literal(1),
    script: z.enum(['inspect-volume', 'grow-filesystem']),
    volumeId: z.optional(text),
    error: z.union([z.enum(hostErrorCodes), z.templateLiteral(['layout-unsupported:', z.enum(unsupportedLayouts)])]),
    message: text,
    /** What had been changed by then. */
    steps: z.optional(z.array(text)),
  }),
);

export type InspectedVolume = z.infer<typeof inspectedVolume>;
export type InspectionResult = z.infer<typeof inspection>;
export type GrowthResult = z.infer<typeof growth>;
export type HostError = z.infer<typeof hostError>;
/** Nothing is known about what the script did: run it again, it is made for that. */
export type UnreadableOutput = { error: 'unreadable-output' };

export type Inspection = InspectionResult | HostError | UnreadableOutput;
export type Growth = GrowthResult | HostError | UnreadableOutput;

/** @param stdout standard output of `inspect-volume`, with or without other lines around the answer */
export function parseInspection(stdout: string): Inspection {
  return parseAnswer(stdout, 'inspect-volume', inspection);
}

/** @param stdout standard output of `grow-filesystem`, with or without other lines around the answer */
export function parseGrowth(stdout: string): Growth {
  return parseAnswer(stdout, 'grow-filesystem', growth);
}

/** The last line that is JSON of this script counts; if that one is not as it should be, an earlier one does not help. */
function parseAnswer<Schema extends z.ZodMiniType>(
  stdout: string,
  script: HostError['script'],
  schema: Schema,
): z.infer<Schema> | HostError | UnreadableOutput {
  const line = stdout
    .split('\n')
    .map((candidate) => candidate.trim())
    .findLast((candidate) => candidate.startsWith('{"version":') && candidate.includes(`"script":"${script}"`));
  const value = line === undefined ? undefined : fromJson(line);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const failure = hostError.safeParse(value);
  return failure.success && failure.data.script === script ? failure.data : { error: 'unreadable-output' };
}

function fromJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
