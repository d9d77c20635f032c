/** What the charts draw, out of the record. Pure. */
import type { AlarmRun, ClusterRun, OperationRun, VolumeRun, VolumeSample } from '../run-record.ts';
import { minuteTime } from '../format.ts';

export interface Span {
  startMs: number;
  endMs: number;
}

export interface AlarmSpan extends Span {
  state: 'ALARM' | 'INSUFFICIENT_DATA';
}

/** One alarm of one contributor, and when it was not OK. */
export interface AlarmLane {
  alarm: string;
  contributor: string;
  cluster: string | undefined;
  spans: AlarmSpan[];
}

export type MarkerKind = 'growth' | 'refusal' | 'escalation';

export interface Marker {
  kind: MarkerKind;
  atMs: number;
  text: string;
  /** Of the operation that explains it, in the order of the operations table. */
  operationIndex: number | undefined;
}

/** Sums over volumes whose samples were taken at different times: each keeps its last value until its next. */
export function summedSamples(volumes: readonly VolumeRun[]): VolumeSample[] {
  const times = [...new Set(volumes.flatMap(({ samples }) => samples.map(({ atMs }) => atMs)))].sort((a, b) => a - b);
  const positions = volumes.map(() => 0);
  return times.map((atMs) => {
    const sum: VolumeSample = { atMs, usedGib: 0, fileSystemGib: 0, sizeGib: 0 };
    volumes.forEach(({ samples }, index) => {
      let position = positions[index] ?? 0;
      while ((samples[position + 1]?.atMs ?? Infinity) <= atMs) position += 1;
      positions[index] = position;
      const sample = samples[position];
      if (sample === undefined) return;
      sum.usedGib += sample.usedGib;
      sum.fileSystemGib += sample.fileSystemGib;
      sum.sizeGib += sample.sizeGib;
    });
    return sum;
  });
}

/** At most about `max` samples: of each stretch the lowest and the highest use are kept, and every change of size. */
export function thinned(samples: readonly VolumeSample[], max: number): VolumeSample[] {
  if (samples.length <= max) return [...samples];
  const stretch = Math.ceil(samples.length / (max / 2));
  const kept = new Set<VolumeSample>();
  for (let start = 0; start < samples.length; start += stretch) {
    const part = samples.slice(start, start + stretch);
    const byUse = [...part].sort((a, b) => a.usedGib - b.usedGib);
    for (const sample of [byUse[0], byUse.at(-1)]) if (sample !== undefined) kept.add(sample);
  }
  samples.forEach((sample, index) => {
    const previous = samples[index - 1];
    const resized = previous?.sizeGib !== sample.sizeGib || previous.fileSystemGib !== sample.fileSystemGib;
    if (resized || index === samples.length - 1) kept.add(sample);
  });
  return samples.filter((sample) => kept.has(sample));
}

/** In the order of first appearance; a span that is still open ends with the run. */
export function alarmLanes(alarms: readonly AlarmRun[], endMs: number): AlarmLane[] {
  const lanes = new Map<string, AlarmLane & { open: { state: AlarmSpan['state']; startMs: number } | undefined }>();
  for (const { alarm, contributor, cluster, state, atMs } of [...alarms].sort((a, b) => a.atMs - b.atMs)) {
    const key = JSON.stringify([alarm, contributor]);
    const lane = lanes.get(key) ?? { alarm, contributor, cluster, spans: [], open: undefined };
    lanes.set(key, lane);
    if (lane.open?.state === state) continue;
    if (lane.open !== undefined) lane.spans.push({ ...lane.open, endMs: atMs });
    lane.open = state === 'OK' ? undefined : { state, startMs: atMs };
  }
  return [...lanes.values()].map(({ open, ...lane }) => ({
    ...lane,
    spans: open === undefined ? lane.spans : [...lane.spans, { ...open, endMs: Math.max(endMs, open.startMs) }],
  }));
}

/** Does the lane speak of this volume? */
export const isAbout = ({ contributor }: AlarmLane, { instanceId, mountPoint, volumeId }: VolumeRun): boolean =>
  contributor === `${instanceId}:${mountPoint}` || contributor === volumeId;

export const isAboutCluster = (lane: AlarmLane, cluster: ClusterRun): boolean =>
  lane.cluster === undefined ? cluster.volumes.some((volume) => isAbout(lane, volume)) : lane.cluster === cluster.name;

/** When at least one of them was in ALARM: overlapping spans are one. */
export function inAlarm(lanes: readonly AlarmLane[]): Span[] {
  const spans = lanes
    .flatMap((lane) => lane.spans)
    .filter(({ state }) => state === 'ALARM')
    .sort((a, b) => a.startMs - b.startMs);
  const merged: Span[] = [];
  for (const { startMs, endMs } of spans) {
    const last = merged.at(-1);
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ startMs, endMs });
  }
  return merged;
}

/** What operations call it: several that grow together have one name. */
const storageOf = ({ storageId, volumeId }: VolumeRun): string => storageId ?? volumeId;

/** Where a volume grew (seen in its samples, not believed of an operation), and where a person was called or told no. */
export function markersOf(volumes: readonly VolumeRun[], operations: readonly OperationRun[]): Marker[] {
  const markers: Marker[] = [];
  const seen = new Set<string>();
  for (const volume of volumes) {
    const volumeId = storageOf(volume);
    // Those that grow together have grown once.
    if (seen.has(volumeId)) continue;
    seen.add(volumeId);
    const { samples } = volume;
    samples.forEach(({ atMs, sizeGib }, index) => {
      const fromGib = samples[index - 1]?.sizeGib ?? sizeGib;
      if (sizeGib <= fromGib) return;
      const operationIndex = operationOf(operations, volumeId, atMs);
      const reason = operationIndex === undefined ? undefined : operations[operationIndex]?.reason;
      const why = reason === undefined ? '' : ` (${reason})`;
      markers.push({
        kind: 'growth',
        atMs,
        operationIndex,
        text: `${volumeId} grew from ${fromGib} to ${sizeGib} GiB${why}`,
      });
    });
  }
  operations.forEach((operation, operationIndex) => {
    const kind = personKind(operation);
    if (kind === undefined || !seen.has(operation.volumeId)) return;
    const what = operation.reason ?? operation.outcome ?? operation.status;
    const text = `${operation.volumeId} ${operation.status}: ${what}`;
    markers.push({ kind, atMs: operation.endedAtMs ?? operation.startedAtMs, operationIndex, text });
  });
  return markers.sort((a, b) => a.atMs - b.atMs);
}

/** A failure calls a person as an escalation does. */
function personKind({ status, action }: OperationRun): 'refusal' | 'escalation' | undefined {
  if (status === 'escalated' || status === 'failed' || action === 'escalate') return 'escalation';
  return status === 'refused' || action === 'refuse' ? 'refusal' : undefined;
}

function operationOf(operations: readonly OperationRun[], volumeId: string, atMs: number): number | undefined {
  const index = operations.findLastIndex(
    (operation) =>
      operation.volumeId === volumeId &&
      operation.action === 'grow' &&
      operation.startedAtMs <= atMs &&
      (operation.endedAtMs ?? Infinity) >= atMs,
  );
  return index === -1 ? undefined : index;
}

/** Markers of one kind that would lie on each other become one that counts them. */
export function bundled(markers: readonly Marker[], withinMs: number): (Marker & { count: number })[] {
  const bundles: (Marker & { count: number; lastMs: number })[] = [];
  for (const marker of markers) {
    const near = bundles.findLast(({ kind, atMs }) => kind === marker.kind && marker.atMs - atMs < withinMs);
    if (near === undefined) bundles.push({ ...marker, count: 1, lastMs: marker.atMs });
    else Object.assign(near, { count: near.count + 1, lastMs: marker.atMs });
  }
  return bundles.map(({ lastMs, ...marker }) => ({
    ...marker,
    text: marker.count === 1 ? marker.text : `${marker.count} times until ${minuteTime(lastMs)}; first: ${marker.text}`,
  }));
}
