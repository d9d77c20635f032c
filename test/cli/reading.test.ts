import { describe, expect, it } from '@jest/globals';
import type { Broker } from '../../functions/gateways/types.ts';
import { anApproval, anOperation, aRow, command, FLEET, HOUR_MS, NOW_MS } from './fake-account.ts';

describe('plan', () => {
  it('shows each volume with what would be done and why', async () => {
    const waiting = aRow({
      volumeId: 'vol-2',
      decision: {
        action: 'wait',
        reason: 'modification-limit',
        retryAtMs: NOW_MS + 3 * HOUR_MS,
        evidence: { sizeGib: 100, usedFraction: 0.78 },
      },
    });
    const { exitCode, out, invoked } = await command(['plan'], { plan: [aRow(), waiting] });
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /orders +vol-1 +i-1 +\/data1 +100 GiB +80\.0 % +20\.0 h +grow 100 → 150 GiB, 4\.00 USD\/month more +above-threshold/,
    );
    expect(out).toMatch(/vol-2 .* > 30 d +wait until 2026-01-15T13:00:00Z \(in 3\.0 h\) +modification-limit/);
    expect(out).toContain('Nothing was changed.');
    expect(invoked).toEqual([]);
  });

  it('lists volumes that outgrew the size first seen, with their owners', async () => {
    const grown = aRow({ sizeGib: 150, ownerTags: { 'terraform:workspace': 'kafka' } });
    const { out } = await command(['plan'], { plan: [grown] });
    expect(out).toMatch(/vol-1 +100 GiB +150 GiB +terraform:workspace=kafka/);
    const { out: json } = await command(['plan', '--json'], { plan: [grown, aRow({ volumeId: 'vol-2' })] });
    expect(JSON.parse(json)).toMatchObject({
      fleet: 'demo',
      volumes: [{}, {}],
      grownBeyondFirstSeen: [{ volumeId: 'vol-1' }],
      exitCode: 0,
    });
  });
});

describe('status', () => {
  it('shows pauses, questions, calls for a person and operations', async () => {
    const { out } = await command(['status'], {
      states: { logs: { by: 'ann', atMs: NOW_MS - HOUR_MS, reason: 'upgrade' } },
      operations: [anOperation(), anOperation({ operationId: 'feed', status: 'succeeded', outcome: 'grown' })],
      approvals: [anApproval()],
      records: [
        {
          cluster: 'orders',
          volumeId: 'vol-1',
          firstSeenAtMs: 0,
          firstSeenGib: 100,
          ownerTags: {},
          escalations: {
            'at-size-limit': {
              reason: 'at-size-limit',
              operationId: 'feed',
              openedAtMs: NOW_MS - HOUR_MS,
              remindedAtMs: 0,
            },
          },
        },
      ],
    });
    expect(out).toContain('Fleet demo at 2026-01-15T10:00:00Z');
    expect(out).toContain('logs, mode observe, PAUSED by ann, 2026-01-15T09:00:00Z (60 min ago): upgrade');
    expect(out).toContain('needs approval  0123456789abcdef, plan f00d, expires 2026-01-15T17:00:00Z (in 7.0 h)');
    expect(out).toContain('needs a person  vol-1: at-size-limit');
    expect(out).toMatch(/feed +storage-scaling +vol-1 +succeeded +grown/);
  });
});

describe('explain', () => {
  it('tells decision, evidence, changes and what happened', async () => {
    const { exitCode, out } = await command(['explain', '0123456789abcdef'], {
      operations: [anOperation({ status: 'succeeded', outcome: 'grown', endedAtMs: NOW_MS })],
      journal: [
        {
          intentId: 'x',
          operationId: '0123456789abcdef',
          cluster: 'orders',
          subject: 'volume/vol-1',
          action: 'ec2:ModifyVolume',
          request: { sizeGib: 150 },
          atMs: NOW_MS,
          status: 'accepted',
        },
      ],
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/status: +succeeded \(grown\)/);
    expect(out).toContain('Decision: grow (above-threshold)');
    expect(out).toMatch(/usedFraction: +0\.8/);
    expect(out).toContain('2026-01-15T10:00:00Z  ec2:ModifyVolume {"sizeGib":150}: accepted');
    expect(out).toContain('2026-01-15T09:00:00Z  observed  {"sizeGib":100}');
  });

  it('knows no other operation', async () => {
    const { exitCode, out } = await command(['explain', 'nobody', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { name: 'WrongInput' }, exitCode: 2 });
  });
});

const broker = (instanceId: string, cluster: string): Broker => ({
  instanceId,
  state: 'running',
  rootDeviceName: '/dev/xvda',
  tags: { 'kafka-cluster': cluster },
  blockDevices: [
    { volumeId: `vol-root-${instanceId}`, deviceName: '/dev/xvda' },
    { volumeId: `vol-${instanceId}`, deviceName: '/dev/sdf' },
  ],
});
const record = (cluster: string, instanceId: string, mountPoint: string) => ({
  cluster,
  volumeId: `vol-${instanceId}`,
  instanceId,
  firstSeenAtMs: 0,
  firstSeenGib: 100,
  ownerTags: {},
  escalations: {},
  inspection: { atMs: NOW_MS, instanceId, supported: true, layout: 'whole-disk', mountPoint, deviceBytes: 1 },
});

describe('validate --account', () => {
  const files = { 'fleet.yaml': FLEET };
  const good = {
    brokers: [broker('i-1', 'orders'), broker('i-2', 'logs')],
    records: [record('orders', 'i-1', '/data1'), record('logs', 'i-2', '/data1')],
    metrics: { 'i-1 /data1': 50, 'i-2 /data1': 50 },
  };

  it('is content with an account that looks as the file says', async () => {
    const { exitCode, out } = await command(['validate', '--account'], good, files);
    expect(exitCode).toBe(0);
    expect(out).toContain('fleet.yaml is valid: fleet demo, 2 clusters, 1 in mode act.');
    expect(out).toContain('The account looks as it says.');
  });

  it('names the volume without a metric, and under which dimensions it exists', async () => {
    const { exitCode, out } = await command(
      ['validate', '--account'],
      { ...good, metrics: { 'i-2 /data1': 50 }, dimensions: [['InstanceId', 'device', 'fstype', 'path']] },
      files,
    );
    expect(exitCode).toBe(1);
    expect(out).toContain('problem  orders: vol-i-1 (i-1 /data1) has no CWAgent disk_used_percent');
    expect(out).toContain('[InstanceId, device, fstype, path]');
  });

  it.each([
    ['no brokers', { ...good, brokers: [broker('i-2', 'logs')] }, 1, 'no-brokers'],
    [
      'another mount point',
      { ...good, records: [record('orders', 'i-1', '/other'), record('logs', 'i-2', '/data1')] },
      1,
      'mount-point-missing',
    ],
    ['hosts that nobody inspected yet', { ...good, records: [] }, 0, 'not-inspected'],
  ])('finds %s', async (_title, world, code, finding) => {
    const { exitCode, out } = await command(['validate', '--account', '--json'], world, files);
    expect(exitCode).toBe(code);
    expect((JSON.parse(out) as { findings: { code: string }[] }).findings.map((one) => one.code)).toContain(finding);
  });
});

describe('the command line', () => {
  it.each([[['--help']], [['grow', '--help']]])('%j is no error', async (line) => {
    const { exitCode, out } = await command(line);
    expect(exitCode).toBe(0);
    expect(out).toContain('Usage: kafka-autopilot');
  });

  it.each([[['shrink']], [['grow']], [['plan', '--no-such']], [['plan', 'too', 'much']]])(
    '%j is wrong input',
    async (line) => {
      const { exitCode, err } = await command(line);
      expect(exitCode).toBe(2);
      expect(err).toContain('error:');
    },
  );

  it('is answered in JSON where that was asked for', async () => {
    const { exitCode, out } = await command(['grow', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { name: 'WrongInput' }, exitCode: 2 });
  });
});
