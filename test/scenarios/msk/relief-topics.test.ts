/** Relief touches the topics that the policy leaves to it, and nothing that somebody else has changed meanwhile. */
import { describe, expect, it } from '@jest/globals';
import { encodeConfigs } from '../../../simulator/cloud/msk/configs.ts';
import { hourMs, minuteMs } from '../world.ts';
import { aScenario, vol } from '../scenario.ts';
import { outcomesOf } from '../support.ts';
import { expectAtRest } from './msk-scenario.ts';
import { asked, barred, former, formerRetention, hoursOf, reliefs, restores, schedules, shortened } from './relief.ts';

const configs = (values: Record<string, string>): string => encodeConfigs(values, 'json');

describe('topics of a relief', () => {
  it('that are excluded, compacted or internal are never touched, and the floor holds', async () => {
    const scenario = await barred({ relief: { approval: 'waived', retentionHoursMin: 100, topicsMax: 10 } });
    await scenario.pass(2 * hourMs);
    const touched = new Set(scenario.called('kafka:UpdateTopic').map(({ input }) => input['TopicName']));
    expect([...touched]).toEqual(['payments-events']);
    expect(formerRetention(scenario)['payments-events']).toBeGreaterThanOrEqual(100);
    // payments-requests is below the floor as it is.
    expect((await reliefs(scenario)).at(-1)).toMatchObject({
      outcome: 'shortened-not-enough',
      decision: {
        evidence: {
          left: [
            { name: 'payments-requests', why: 'at-floor' },
            { name: 'payments-state', why: 'compacted' },
          ],
        },
      },
    });
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('one that was created anew during the relief is not given what was another’s', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    const { msk } = scenario.simulation;
    msk.foreignTopic(scenario.clusterArn, 'delete', { TopicName: 'payments-events' });
    await scenario.pass(10 * minuteMs);
    msk.foreignTopic(scenario.clusterArn, 'create', {
      TopicName: 'payments-events',
      PartitionCount: 6,
      ReplicationFactor: 3,
      Configs: configs({ 'retention.ms': hoursOf(48) }),
    });
    scenario.use(50);
    await scenario.pass(4 * hourMs);
    expect(formerRetention(scenario)).toEqual({ ...former, 'payments-events': 48 });
    expect((await restores(scenario)).find(({ outcome }) => outcome === 'restored-partly')).toBeDefined();
    const [notice] = scenario.notices('restored-partly');
    expect(notice?.message).toContain('payments-events: left-alone');
    await expectAtRest(scenario);
  });

  it('one that is deleted during the relief holds nothing up', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    const { msk } = scenario.simulation;
    msk.foreignTopic(scenario.clusterArn, 'delete', { TopicName: 'payments-events' });
    scenario.use(50);
    await scenario.pass(4 * hourMs);
    expect((await restores(scenario)).find(({ outcome }) => outcome === 'restored-partly')).toBeDefined();
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });

  it('one that somebody else changes meanwhile is left alone, and that is said', async () => {
    const { scenario } = await shortened({ relief: { restoreAfterHours: 2 } });
    scenario.simulation.msk.foreignTopic(scenario.clusterArn, 'update', {
      TopicName: 'payments-events',
      Configs: configs({ 'retention.ms': hoursOf(20) }),
    });
    scenario.use(50);
    await scenario.pass(4 * hourMs);
    expect(formerRetention(scenario)['payments-events']).toBe(20);
    const [notice] = scenario.notices('restored-partly');
    expect(notice?.message).toContain('changed by somebody else');
    await expectAtRest(scenario);
  });

  it('one that is changed between question and answer: the approved plan is not used', async () => {
    const { scenario, operation } = await asked();
    scenario.simulation.msk.foreignTopic(scenario.clusterArn, 'update', {
      TopicName: 'payments-events',
      Configs: configs({ 'retention.ms': hoursOf(200) }),
    });
    await scenario.pass(2 * minuteMs);
    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(5 * minuteMs);
    const ended = (await reliefs(scenario)).find(({ operationId }) => operationId === operation.operationId);
    expect(ended).toMatchObject({ status: 'deferred', outcome: 'world-changed' });
    expect(formerRetention(scenario)['payments-events']).toBe(200);
    expect(schedules(scenario)).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('can’t be changed while the cluster is UPDATING: nothing is shortened', async () => {
    const { scenario, operation } = await asked();
    scenario.simulation.msk.setState(scenario.clusterArn, 'UPDATING', 3 * hourMs);
    await scenario.answer(operation.operationId, 'approved');
    await scenario.pass(2 * hourMs);
    const ended = (await reliefs(scenario)).find(({ operationId }) => operationId === operation.operationId);
    expect(ended?.outcome).toBe('cluster-not-active');
    expect(formerRetention(scenario)).toEqual(former);
    expect(schedules(scenario)).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});

describe('where relief may not act', () => {
  it('disabled: the notification carries the exact commands', async () => {
    const scenario = await barred({ relief: { enabled: false } });
    await scenario.pass(2 * hourMs);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(await reliefs(scenario)).toEqual([]);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toContain('kafka-configs.sh --bootstrap-server BOOTSTRAP --alter');
    await scenario.pass(10 * hourMs);
    await expectAtRest(scenario);
  });

  it('mode observe: nothing is touched', async () => {
    const scenario = await barred({ relief: { approval: 'waived' }, fleet: { mode: 'observe' } });
    await scenario.pass(3 * hourMs);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(schedules(scenario)).toEqual([]);
    await expectAtRest(scenario);
  });

  it('mode observe, asked by the operator: the plan is shown with its commands', async () => {
    const scenario = await barred({ fleet: { mode: 'observe' } });
    await scenario.pass(hourMs);
    await scenario.relieve();
    await scenario.pass(5 * minuteMs);
    expect((await reliefs(scenario))[0]).toMatchObject({ outcome: 'observed' });
    const notice = scenario.notices('observed').find(({ subject }) => subject.includes('retention relief'));
    expect(notice?.message).toContain('--entity-name payments-events --add-config retention.ms=');
    expect(notice?.message).toContain(`retention.ms=${hoursOf(168)}`);
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    await expectAtRest(scenario);
  });

  it('Kafka before 3.6 has no topic APIs: the notification carries the commands', async () => {
    const scenario = await barred({ relief: { approval: 'waived' }, msk: { kafkaVersion: '3.5.1' } });
    await scenario.pass(2 * hourMs);
    const [notice] = scenario.notices('relief-no-topic-api').concat(scenario.notices('no-topic-api'));
    expect(notice?.message).toContain('kafka-configs.sh');
    expect(scenario.called('kafka:UpdateTopic')).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('a cluster on EC2 that nobody reaches: the notification carries the exact commands', async () => {
    const scenario = await aScenario({
      brokers: [{ '/data1': { usedGib: 74 }, '/data2': {} }],
      policy: { sizeGibMax: 105 },
      cluster: {
        retentionRelief: {
          enabled: true,
          approval: 'ask',
          retentionHoursMin: 24,
          retentionGibMin: 1,
          topicsMax: 5,
          exclude: [],
          restoreAfterHours: 24,
        },
      },
    });
    const fromMs = scenario.nowMs;
    scenario.use(vol(0, '/data1'), (atMs) => Math.min(104, 74 + (2 * (atMs - fromMs)) / hourMs));
    await scenario.pass(14 * hourMs);
    const relief = (await scenario.operations()).filter(({ workflow }) => workflow === 'retention-relief');
    expect(outcomesOf(relief)).toContain('no-way-to-topics');
    const [notice] = scenario.notices('no-way-to-topics');
    expect(notice?.message).toContain('kafka-configs.sh --bootstrap-server HOST:9092 --alter');
    expect(notice?.message).toContain('--delete-config retention.ms');
    expect(scenario.invariants.violations).toEqual([]);
  });
});
