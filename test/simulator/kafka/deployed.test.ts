/**
 * Retention relief of an EC2 cluster, deployed: the real template with a network, its roles, the function in the network,
 * simulated brokers. What nobody could have reached is not reached.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseFleet, renderProblem } from '../../../functions/fleet/parse.ts';
import { synthesize } from '../../../infra/synthesize.ts';
import { bootFromTemplate, type Simulation } from '../../../simulator/deploy/boot.ts';
import { SimulatedKafka } from '../../../simulator/kafka/simulated-kafka.ts';

const startMs = Date.parse('2026-03-02T00:00:00Z');
const hourMs = 3_600_000;
const gib = 2 ** 30;
const days7Ms = 168 * hourMs;
const subnet = 'subnet-0123456789abcdef0';

const yaml = `version: 1
name: demo
sweepMinutes: 720
networks:
  private-a: { subnetIds: [${subnet}], securityGroupIds: [sg-0123456789abcdef0] }
clusters:
  - name: orders
    kind: ec2
    mode: act
    brokers: { tags: { kafka-cluster: orders } }
    mountPoints: [/data1]
    kafka: { network: private-a, bootstrapServers: ["b-1.internal:9092"], security: plaintext }
    retentionRelief: { enabled: true, approval: waived, restoreAfterHours: 12 }
`;

let folder: string;
let assembly: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kafka-autopilot-kafka-'));
  const parsed = parseFleet(yaml, 'fleet.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(renderProblem).join('\n'));
  assembly = await synthesize({ fleet: parsed.fleet, outdir: join(folder, 'cdk.out'), dist: join(folder, 'dist') });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One broker, 800 of 1,000 GiB used: all of it `clicks`, which inherits a retention of 7 days. */
async function boot(reachedFrom = [subnet]) {
  const simulation = await bootFromTemplate({
    assembly,
    seed: 1,
    startMs,
    fill: { usedBytes: () => 0, shortenRetention: () => undefined, notes: [] },
  });
  let retentionMs = days7Ms;
  const held = () => 800 * gib * Math.min(1, retentionMs / days7Ms);
  const kafka = simulation.cloud.kafka.add(
    reachedFrom,
    new SimulatedKafka({
      listeners: ['b-1.internal:9092'],
      disks: [{ brokerId: 1, path: '/data1', totalBytes: () => 1000 * gib, usableBytes: () => 1000 * gib - held() }],
      held: (_topic, _partition, _disk, configs) => {
        retentionMs = Number(configs['retention.ms']);
        return held();
      },
    }),
  );
  kafka.createTopic('clicks');
  const describeClicks = async () =>
    (await simulation.invoke('serve-topics', { call: 'describe', cluster: 'orders', name: 'clicks' })) as {
      own: string[];
      configs: Record<string, string>;
    };
  return { simulation, kafka, describeClicks };
}

const relieve = (simulation: Simulation) =>
  simulation.invoke('start-workflow', {
    source: 'operator',
    workflow: 'retention-relief',
    cluster: 'orders',
    requestId: 'r-1',
    by: 'me',
  });

describe('relief of an EC2 cluster', () => {
  it('shortens through the function in the network, and is undone by its schedule', async () => {
    const { simulation, kafka, describeClicks } = await boot();
    await relieve(simulation);
    await simulation.run(startMs + hourMs);
    const shortened = await describeClicks();
    // 200 GiB more than 600: 126 of 168 hours stay.
    expect(shortened).toMatchObject({ own: ['retention.ms'], configs: { 'retention.ms': String(126 * hourMs) } });

    await simulation.run(startMs + 14 * hourMs);
    expect(await describeClicks()).toMatchObject({ own: [], configs: { 'retention.ms': String(days7Ms) } });
    expect(simulation.counters()).toMatchObject({ deniedCalls: {}, deadLetters: {} });
    expect(kafka.open).toBe(0);
  });

  it('shortens nothing where the network does not reach the brokers', async () => {
    const { simulation } = await boot(['subnet-of-others']);
    await relieve(simulation);
    await simulation.run(startMs + 3 * hourMs);
    const [operation] = await simulation.within(() =>
      simulation.ledger.operations('orders', { sinceMs: startMs, limit: 10 }),
    );
    expect(operation).toMatchObject({ workflow: 'retention-relief', outcome: 'service-unavailable' });
  });

  it('keeps the function warm, at once and every day', async () => {
    const { simulation } = await boot();
    await simulation.run(startMs + 49 * hourMs);
    expect(simulation.counters().handlerInvocations['serve-topics']).toBe(3);
  });
});
