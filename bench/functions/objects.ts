/** The sweep's objects in S3, as the functions before would have written them. */
import { createHash } from 'node:crypto';
import type { DuePage } from '../../functions/fleet/sweep-due.ts';
import type { Page } from '../../functions/fleet/sweep-pages.ts';
import type { SeenBroker } from '../../functions/storage/ec2/look.ts';
import type { SeenCluster } from '../../functions/storage/msk/look.ts';
import { bucket, clusterArn, instanceId, volumeId, volumeIds } from './names.ts';

export const slot = '0123456789abcdef';

const broker: SeenBroker = {
  broker: {
    instanceId,
    state: 'running',
    rootDeviceName: '/dev/xvda',
    tags: { 'kafka-cluster': 'orders' },
    blockDevices: volumeIds.map((id, at) => ({ volumeId: id, deviceName: `/dev/sd${'fg'.charAt(at)}` })),
  },
  volumes: volumeIds.map((id, at) => ({
    volumeId: id,
    sizeGib: 130,
    type: 'gp3',
    state: 'in-use',
    multiAttach: false,
    attachments: [{ instanceId, deviceName: `/dev/sd${'fg'.charAt(at)}`, state: 'attached' }],
    tags: {},
  })),
  modifications: [],
};
const cluster: SeenCluster = {
  cluster: {
    clusterArn,
    clusterName: 'payments',
    state: 'ACTIVE',
    currentVersion: 'K1',
    tags: {},
    provisioned: {
      instanceType: 'kafka.m7g.large',
      brokers: 3,
      volumeGib: 100,
      storageMode: 'LOCAL',
      monitoring: 'PER_TOPIC_PER_BROKER',
      kafkaVersion: '3.8.x',
    },
  },
};
const page: Page = {
  parts: [
    { cluster: 'orders', listed: [broker], elsewhereGib: 0, of: 1, isFirst: true },
    { cluster: 'payments', listed: [cluster], elsewhereGib: 0, of: 1, isFirst: true },
  ],
};
const due: DuePage = {
  due: [
    {
      start: { source: 'sweep', workflow: 'storage-scaling', cluster: 'orders', subject: volumeId, slot },
      withinHours: 12,
      usedFraction: 0.8,
      holder: 'arn:aws:states:us-east-1:123456789012:execution:demo-storage-scaling:before',
    },
  ],
  reliefs: [],
};

export const pageKey = `sweeps/${slot}/pages/1.json`;
export const dueKey = `sweeps/${slot}/due/1.json`;

/** What GetObject answers, by key. */
export const objects: ReadonlyMap<string, string> = new Map([
  [pageKey, JSON.stringify(page)],
  [dueKey, JSON.stringify(due)],
]);

export function referenceTo(key: string) {
  const sha256 = createHash('sha256')
    .update(objects.get(key) ?? '')
    .digest('hex');
  return { bucket, key, sha256 };
}
