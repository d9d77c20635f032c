import { describe, expect, it } from '@jest/globals';
import { growthOf } from '../../cli/growth.ts';
import {
  anMskCluster,
  anMskRow,
  anOperation,
  aRow,
  command,
  fakeAccount,
  HOUR_MS,
  MSK_FLEET,
  mskEvidence,
  NOW_MS,
  PAYMENTS_ARN,
  type World,
} from './fake-account.ts';

const started = { started: 'new', operationId: '0123456789abcdef', executionArn: 'arn', workflow: 'storage-scaling' };
const world: World = {
  fleet: MSK_FLEET,
  plan: [anMskRow(), aRow()],
  answers: { 'start-workflow': started },
};
const deregister = `aws application-autoscaling deregister-scalable-target --region eu-central-1 --service-namespace kafka --scalable-dimension kafka:broker-storage:VolumeSize --resource-id ${PAYMENTS_ARN}`;

describe('plan', () => {
  it('shows all brokers of an MSK cluster as one row, beside volumes of EC2', async () => {
    const { exitCode, out } = await command(['plan'], world);
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /payments +msk\/payments +all 3 +- +3 × 1000 GiB +78\.0 % +20\.0 h +grow 1000 → 1300 GiB each, 90\.00 USD\/month more +above-threshold/,
    );
    expect(out).toMatch(/orders +vol-1 +i-1 +\/data1 +100 GiB /);
    expect(out).toMatch(/MSK CLUSTER +FULLEST BROKER +STORAGE MODE +PROVISIONED THROUGHPUT +AUTO SCALING/);
    expect(out).toMatch(/payments +2, 78\.0 % +LOCAL +- +none/);
  });

  it('says what is local only, what is provisioned, and who else grows it', async () => {
    const evidence = mskEvidence({ storageMode: 'TIERED', throughputMibps: 250 });
    const { out } = await command(['plan'], {
      ...world,
      plan: [anMskRow({ decision: { action: 'keep', reason: 'below-threshold', evidence } })],
      scalingTargets: [{ clusterArn: PAYMENTS_ARN, sizeGibMax: 4000 }],
    });
    expect(out).toMatch(/payments +2, 78\.0 % +TIERED: only local data counts +250 MiB\/s +up to 4000 GiB, owns it/);
  });

  it('names a broker whose metric is missing, and why a cluster is not grown', async () => {
    const evidence = mskEvidence({
      brokers: [{ brokerId: 1, usedFraction: 0.9 }, { brokerId: 2 }],
      detail: 'rebalance, do not grow',
    });
    const { out } = await command(['plan', 'payments'], {
      ...world,
      plan: [anMskRow({ decision: { action: 'escalate', reason: 'skewed', evidence } }), aRow()],
    });
    expect(out).toMatch(/payments +no metric of 2; 1, 90\.0 % /);
    expect(out).toContain('payments: rebalance, do not grow');
    expect(out).not.toContain('vol-1');
  });

  it('shows no size where there is no cluster', async () => {
    const evidence = { sizeGib: 0, volumes: 0, brokers: [], detail: `no cluster ${PAYMENTS_ARN}` };
    const decision = { action: 'refuse', reason: 'cluster-not-found', evidence } as const;
    const { usedFraction: _unknown, ...row } = anMskRow({ sizeGib: 0, firstSeenGib: 0, decision });
    const { out } = await command(['plan'], { ...world, plan: [row] });
    expect(out).toMatch(/payments +msk\/payments +all 0 +- +- +- +- +refuse +cluster-not-found/);
    expect(out).toContain(`payments: no cluster ${PAYMENTS_ARN}`);
    expect(out).not.toContain('MSK CLUSTER');
  });

  it('counts drift of all brokers, and gives everything in JSON', async () => {
    const grown: World = {
      ...world,
      plan: [anMskRow({ sizeGib: 1300, ownerTags: { 'terraform:workspace': 'kafka' } })],
      scalingTargets: [{ clusterArn: PAYMENTS_ARN, sizeGibMax: 4000 }],
    };
    const { out } = await command(['plan'], grown);
    expect(out).toMatch(/msk\/payments +3 × 1000 GiB +3 × 1300 GiB +terraform:workspace=kafka/);
    const { out: json } = await command(['plan', '--json'], grown);
    expect(JSON.parse(json)).toMatchObject({
      volumes: [{ volumeId: 'msk/payments', decision: { evidence: { volumes: 3 } } }],
      scalingTargets: [{ cluster: 'payments', sizeGibMax: 4000, takenOver: false }],
      grownBeyondFirstSeen: [{ volumeId: 'msk/payments' }],
    });
  });

  it('knows no other cluster', async () => {
    const { exitCode, err } = await command(['plan', 'payment'], world);
    expect([exitCode, err]).toEqual([2, 'fleet demo has no cluster payment; did you mean "payments"?']);
  });
});

describe('grow', () => {
  const decision = {
    action: 'grow',
    reason: 'operator',
    fromGib: 1000,
    targetGib: 1200,
    usdPerMonth: 60,
    needsApproval: true,
    evidence: mskEvidence(),
  } as const;

  it.each(['payments', 'msk/payments'])('%s without --yes shows what it means for all brokers', async (named) => {
    const { exitCode, out, invoked } = await command(['grow', named, '--to', '1200'], { ...world, decision });
    expect(exitCode).toBe(0);
    expect(out).toContain(
      'Grow msk/payments from 1000 to 1200 GiB on each of 3 brokers (60.00 USD/month more, for good):',
    );
    expect(out).toMatch(/brokers: +3, which grow together, without a restart; fullest: 2, 78\.0 %/);
    expect(out).toMatch(
      /afterwards: +MSK allows the next storage change after 6\.0 h to a day\. Storage never shrinks\./,
    );
    expect(out).toMatch(/would: +grow 1000 → 1200 GiB each, 60\.00 USD\/month more, needs approval \(operator\)/);
    expect(out).toMatch(/on its own: +grow 1000 → 1300 GiB each/);
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('tells the cool-down that this cluster has shown', async () => {
    const record = { cluster: 'payments', volumeId: 'msk/payments', firstSeenAtMs: 0, firstSeenGib: 1000 };
    const coolDown = { changeAtMs: 0, refusals: 0, learntMs: 11 * HOUR_MS };
    const { out } = await command(['grow', 'payments'], {
      ...world,
      records: [{ ...record, ownerTags: {}, escalations: {}, coolDown }],
    });
    expect(out).toContain('after 6.0 h to a day; this cluster has shown more than 11.0 h.');
  });

  it('shows a cool-down that still lasts', async () => {
    const waiting = {
      action: 'wait',
      reason: 'cool-down',
      retryAtMs: NOW_MS + 3 * HOUR_MS,
      evidence: mskEvidence(),
    } as const;
    const { out } = await command(['grow', 'payments', '--to', '1200'], { ...world, decision: waiting });
    expect(out).toMatch(/would: +wait until 2026-01-15T13:00:00Z \(in 3\.0 h\) \(cool-down\)/);
  });

  it('with --yes starts it once, under the cluster’s storage', async () => {
    const { exitCode, invoked } = await command(['grow', 'payments', '--to', '1200', '--yes'], { ...world, decision });
    expect(exitCode).toBe(0);
    expect(invoked).toEqual([
      {
        verb: 'start-workflow',
        payload: {
          source: 'operator',
          requestId: 'request-1',
          by: 'operator',
          workflow: 'storage-scaling',
          subject: 'msk/payments',
          request: { action: 'grow', toGib: 1200 },
        },
      },
    ]);
  });

  it.each([
    ['a smaller size', ['payments', '--to', '1000'], 3, 'target-not-larger'],
    ['more than the policy allows', ['payments', '--to', '16385'], 3, 'policy.sizeGibMax of cluster payments is 16384'],
    ['a name nearly right', ['paymets'], 2, 'found "paymets"; did you mean "payments"?'],
    ['a cluster on EC2', ['orders'], 2, 'cluster orders has brokers on EC2, where each volume grows by itself'],
  ])('refuses %s', async (_title, line, code, message) => {
    const { exitCode, err, invoked } = await command(['grow', ...line, '--yes'], { ...world, decision });
    expect(exitCode).toBe(code);
    expect(err).toContain(message);
    expect(invoked).toEqual([]);
  });

  it('refuses what auto scaling owns, and says how to take it over', async () => {
    const evidence = mskEvidence({ detail: 'Application Auto Scaling grows this cluster up to 4000 GiB' });
    const { exitCode, err, invoked } = await command(['grow', 'payments', '--yes'], {
      ...world,
      decision: { action: 'refuse', reason: 'owned-by-auto-scaling', evidence },
    });
    expect(exitCode).toBe(3);
    expect(err).toContain('Refused (owned-by-auto-scaling): msk/payments: Application Auto Scaling grows');
    expect(err).toContain(deregister);
    expect(invoked).toEqual([]);
  });

  it('leaves file systems of MSK to MSK', async () => {
    const { exitCode, err } = await command(['grow-filesystem', 'payments', '--yes'], world);
    expect([exitCode, err]).toEqual([2, 'msk/payments: MSK grows the file systems of its brokers itself']);
  });
});

describe('what the workflow would decide', () => {
  const brokers = { 'payments-prod 1': 60, 'payments-prod 2': 62, 'payments-prod 3': 61 };
  const growth = (more: World = {}) => {
    const { account } = fakeAccount({
      fleet: MSK_FLEET,
      mskClusters: [anMskCluster()],
      metrics: brokers,
      ...more,
    });
    return growthOf(() => ({ ...account, nowMs: NOW_MS }), account.fleet);
  };
  const storage = { cluster: 'payments', volumeId: 'msk/payments' };

  it('is decided by the request, where the cluster alone needs nothing', async () => {
    const { plan, decide } = growth();
    expect((await plan('payments')).map(({ decision }) => decision.reason)).toEqual(['below-threshold']);
    expect(await decide(storage, { action: 'grow', toGib: 1200 })).toMatchObject({
      action: 'grow',
      reason: 'operator',
      targetGib: 1200,
    });
  });

  it.each([
    [1009, 'refuse', 'target-step-too-small'],
    [1010, 'grow', 'operator'],
  ])('%i GiB: %s, %s', async (toGib, action, reason) => {
    expect(await growth().decide(storage, { action: 'grow', toGib })).toMatchObject({ action, reason });
  });

  it('is nothing where the volume is none of the cluster', async () => {
    const { decide } = growth();
    expect(await decide({ cluster: 'payments', volumeId: 'msk/other' }, {})).toBeUndefined();
    expect(await decide({ cluster: 'nobody', volumeId: 'msk/nobody' }, {})).toBeUndefined();
  });
});

describe('validate --account', () => {
  const fleet = MSK_FLEET.split('\n').slice(0, -2).join('\n');
  const good: World = {
    fleet,
    mskClusters: [anMskCluster()],
    metrics: { 'payments-prod 1': 50, 'payments-prod 2': 50, 'payments-prod 3': 50 },
  };
  const findings = async (more: World, policy = '') => {
    const text = fleet.replace('    retentionRelief', `${policy}    retentionRelief`);
    const { exitCode, out } = await command(
      ['validate', '--account', '--json'],
      { ...good, ...more, fleet: text },
      {
        'fleet.yaml': text,
      },
    );
    const { findings } = JSON.parse(out) as { findings: { severity: string; code: string; message: string }[] };
    return { exitCode, findings: findings.filter(({ code }) => code !== 'brokers') };
  };

  it('is content with an ACTIVE cluster of Standard brokers', async () => {
    const { exitCode, out } = await command(['validate', '--account'], good, { 'fleet.yaml': fleet });
    expect(exitCode).toBe(0);
    expect(out).toContain('note     payments: 3 brokers kafka.m7g.large × 1000 GiB, Kafka 3.8.x');
    expect(out).toContain('The account looks as it says.');
    expect((await findings({})).findings).toEqual([]);
  });

  const serverless = anMskCluster();
  delete serverless.provisioned;
  const express = anMskCluster({ instanceType: 'express.m7g.large' });
  delete express.provisioned?.volumeGib;
  it.each([
    ['no cluster', { mskClusters: [] }, 'cluster-not-found', `has no cluster ${PAYMENTS_ARN} in eu-central-1`],
    ['Express', { mskClusters: [express] }, 'cluster-express', 'the storage of Express brokers is elastic'],
    ['Serverless', { mskClusters: [serverless] }, 'cluster-serverless', 'no volumes that could grow'],
    ['FAILED', { mskClusters: [{ ...anMskCluster(), state: 'FAILED' }] }, 'cluster-state', 'the cluster is FAILED'],
    [
      'auto scaling',
      { scalingTargets: [{ clusterArn: PAYMENTS_ARN, sizeGibMax: 4000 }] },
      'owned-by-auto-scaling',
      deregister,
    ],
    [
      'a silent broker',
      { metrics: { 'payments-prod 1': 50, 'payments-prod 3': 50 } },
      'metric-missing',
      'of broker 2 in the last 20 minutes',
    ],
    ['old Kafka', { mskClusters: [anMskCluster({ kafkaVersion: '3.5.1' })] }, 'no-topic-api', 'this is 3.5.1'],
  ])('finds as a problem: %s', async (_title, more: World, code, message) => {
    const { exitCode, findings: found } = await findings(more);
    expect(exitCode).toBe(1);
    expect(found).toMatchObject([{ severity: 'problem', code, message: expect.stringContaining(message) }]);
  });

  it.each([
    ['an update', { mskClusters: [{ ...anMskCluster(), state: 'UPDATING' }] }, '', 'cluster-not-active'],
    [
      'weights that nobody measures',
      { mskClusters: [anMskCluster({ monitoring: 'DEFAULT' })] },
      '',
      'monitoring-level',
    ],
    [
      'two that scale, knowingly',
      { scalingTargets: [{ clusterArn: PAYMENTS_ARN, sizeGibMax: 4000 }] },
      '    takeOverFromAutoScaling: true\n',
      'scaled-by-two',
    ],
    ['the maximum reached', {}, '    policy: { sizeGibMax: 1009 }\n', 'at-size-limit'],
    ['the cluster’s sum reached', {}, '    policy: { clusterGibMax: 3029 }\n', 'cluster-cap'],
  ])('notes: %s', async (_title, more: World, policy, code) => {
    const { exitCode, findings: found } = await findings(more, policy);
    expect(exitCode).toBe(0);
    expect(found).toMatchObject([{ severity: 'note', code }]);
  });

  it.each([
    ['    policy: { sizeGibMax: 1010 }\n', []],
    ['    policy: { clusterGibMax: 3030 }\n', []],
    ['    policy: { growthGibPerDayMax: 30 }\n', []],
    ['    policy: { growthGibPerDayMax: 29 }\n', ['day-too-small']],
  ])('%j: %j', async (policy, codes) => {
    expect((await findings({}, policy)).findings.map(({ code }) => code)).toEqual(codes);
  });

  it('says what each monitoring level costs relief, and skew', async () => {
    const mskClusters = [anMskCluster({ monitoring: 'PER_BROKER' })];
    const { findings: relief } = await findings({ mskClusters });
    expect(relief[0]?.message).toContain('takes those that are named');
    const off = fleet.replace('enabled: true', 'enabled: false');
    const { out } = await command(
      ['validate', '--account'],
      { ...good, mskClusters, fleet: off },
      { 'fleet.yaml': off },
    );
    expect(out).toContain('what makes one broker fuller than the others is not known');
  });
});

describe('explain', () => {
  it('finds the changes of an MSK cluster’s storage', async () => {
    const operation = anOperation({
      cluster: 'payments',
      subject: 'msk/payments',
      decision: { action: 'grow', reason: 'above-threshold', evidence: mskEvidence() },
    });
    const { out } = await command(['explain', operation.operationId], {
      ...world,
      operations: [operation],
      journal: [
        {
          intentId: 'x',
          operationId: operation.operationId,
          cluster: 'payments',
          subject: 'storage/payments',
          action: 'kafka:UpdateBrokerStorage',
          request: { sizeGib: 1300 },
          atMs: NOW_MS,
          status: 'accepted',
        },
      ],
    });
    expect(out).toContain('kafka:UpdateBrokerStorage {"sizeGib":1300}: accepted');
    expect(out).toMatch(/brokers: +1 70\.0 %, 2 78\.0 %, 3 71\.0 %/);
  });
});
