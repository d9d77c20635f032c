import { describe, expect, it } from '@jest/globals';
import { utcDay } from '../../functions/storage/caps.ts';
import { capacityLeft, countedGib, isDataVolume } from '../../functions/storage/ec2/caps.ts';
import type { ClusterFacts, EbsVolumeFacts } from '../../functions/storage/facts.ts';
import { aCluster, anInspection, aVolume, someFacts } from '../support/storage-facts.ts';

const midnightMs = Date.parse('2026-06-04T00:00:00Z');
const reservation = (volumeId: string, toGib: number) => ({
  volumeId,
  operationId: 'op',
  fromGib: 100,
  toGib,
  usdPerMonth: 1,
});
const left = (
  change: Partial<ClusterFacts<EbsVolumeFacts>> = {},
  policy: NonNullable<Parameters<typeof aCluster>[0]>['policy'] = {},
  usdPerGibMonth = 0.1,
  volume: EbsVolumeFacts = aVolume(),
) => capacityLeft({ cluster: aCluster({ policy }), facts: someFacts(volume, change), volume, usdPerGibMonth });
const state = someFacts(aVolume()).state;

describe('utcDay', () => {
  it.each([
    [midnightMs - 1, '2026-06-03'],
    [midnightMs, '2026-06-04'],
  ])('%d', (atMs, day) => {
    expect(utcDay(atMs)).toBe(day);
  });
});

describe('capacityLeft', () => {
  it('counts what was grown today, to the last millisecond of the day', () => {
    const today = { ...state, dayGrownGib: 48 };
    expect(left({ state: today, nowMs: midnightMs - 1 }).dayGib).toBe(2000);
    expect(left({ state: today, nowMs: midnightMs }).dayGib).toBe(2048);
  });

  it('counts the cluster’s other brokers and this one’s data volumes', () => {
    const logs = aVolume({ volumeId: 'vol-2', inspection: anInspection({ mountPoint: '/var/log' }) });
    const root = aVolume({ volumeId: 'vol-3', isRoot: true });
    const volumes = [aVolume(), logs, root];
    expect(left({ volumes }, { clusterGibMax: 1000 }).clusterGib).toBe(400);
  });

  it('counts what is promised to others and not yet visible, but not its own promise', () => {
    const other = aVolume({ volumeId: 'vol-2' });
    const reservations = { 'vol-1': reservation('vol-1', 300), 'vol-2': reservation('vol-2', 150) };
    const facts = { volumes: [aVolume(), other], state: { ...state, reservations } };
    expect(left(facts, { clusterGibMax: 1000 }).clusterGib).toBe(1000 - 500 - 100 - 150);
  });

  it('is bounded by money as by GiB, whichever is less', () => {
    expect(left({}, { clusterUsdPerMonthMax: 70 }).clusterGib).toBe(100);
    expect(left({}, { clusterUsdPerMonthMax: 70 }, 0).clusterGib).toBe(65_536 - 600);
  });

  it('is negative where a cap was lowered below what there is', () => {
    expect(left({}, { clusterGibMax: 500 }).clusterGib).toBe(-100);
  });
});

describe('countedGib', () => {
  it('takes the larger of size and promise', () => {
    const promised = { ...state, reservations: { 'vol-1': reservation('vol-1', 90) } };
    expect(countedGib(aVolume(), promised)).toBe(100);
  });
});

describe('isDataVolume', () => {
  it.each([
    ['a volume at Kafka’s mount point', {}, true],
    ['a root volume', { isRoot: true }, false],
    ['another mount point', { inspection: anInspection({ mountPoint: '/var/log' }) }, false],
    ['one that was never looked at: better too early a stop than none', { inspection: undefined as never }, true],
  ])('%s', (_title, change, expected) => {
    expect(isDataVolume(aVolume(change), aCluster())).toBe(expected);
  });
});
