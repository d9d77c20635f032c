import { describe, expect, it } from '@jest/globals';
import { planWorld, topicsOf, type WorldDisk } from '../../../simulator/run/world.ts';
import { exampleFleet, mskClusterOf } from './a-fleet.ts';

const fleet = exampleFleet();
const ofMsk = (world: readonly WorldDisk[]): WorldDisk[] => world.filter(({ kind }) => kind === 'msk');

describe('planWorld', () => {
  it('plans the same disks for the same fleet and seed, others for another seed', () => {
    expect(planWorld(fleet, 1)).toEqual(planWorld(fleet, 1));
    const used = (seed: number) => planWorld(fleet, seed).map(({ usedFraction }) => usedFraction);
    expect(used(1)).not.toEqual(used(2));
  });

  it('gives an MSK cluster three brokers that operations know by one name', () => {
    expect(ofMsk(planWorld(fleet, 1))).toMatchObject([
      { cluster: 'payments', volumeId: 'msk/payments/1', storageId: 'msk/payments', sizeGib: 100 },
      { cluster: 'payments', volumeId: 'msk/payments/2', storageId: 'msk/payments', sizeGib: 100 },
      { cluster: 'payments', volumeId: 'msk/payments/3', storageId: 'msk/payments', sizeGib: 100 },
    ]);
  });

  it('names brokers as MSK names the cluster, operations as the fleet does', () => {
    const clusters = fleet.clusters.map((cluster) => (cluster.kind === 'msk' ? { ...cluster, name: 'pay' } : cluster));
    const [disk] = ofMsk(planWorld({ ...fleet, clusters }, 1));
    expect(disk).toMatchObject({ volumeId: 'msk/payments/1', storageId: 'msk/pay' });
  });

  it('makes one broker of an MSK cluster a little fuller, and none a lot', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const used = ofMsk(planWorld(fleet, seed))
        .map(({ usedFraction }) => usedFraction)
        .toSorted((a, b) => b - a);
      const [most = 0, second = 0, least = 0] = used;
      expect(most - second).toBeGreaterThanOrEqual(0.039);
      expect(most - least).toBeLessThan(mskClusterOf(fleet).skewFractionMax / 2);
    }
  });
});

describe('topicsOf', () => {
  const topics = topicsOf(mskClusterOf(fleet));

  it('leaves relief something, and has one of each that it must not touch', () => {
    const compacted = topics.filter(({ configs = {} }) => configs['cleanup.policy'] === 'compact');
    expect(compacted.map(({ name }) => name)).toEqual(['payments-state']);
    expect(topics.map(({ name }) => name)).toContain('payments-audit');
    const [fattest] = topics.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
    expect(fattest).toMatchObject({ name: 'payments-events', configs: { 'retention.ms': '604800000' } });
  });

  it('has shares that fit into the cluster, and no excluded topic where none is excluded', () => {
    expect(topics.reduce((sum, { share = 0 }) => sum + share, 0)).toBeLessThanOrEqual(1);
    const cluster = mskClusterOf(fleet);
    const open = topicsOf({ ...cluster, retentionRelief: { ...cluster.retentionRelief, exclude: [] } });
    expect(open).toHaveLength(topics.length - 1);
  });
});
