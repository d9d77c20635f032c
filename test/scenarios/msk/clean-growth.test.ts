/** All brokers' volumes of an MSK cluster grow together: alarm, decision, one operation that is followed, proof, announcement. */
import { describe, expect, it } from '@jest/globals';
import { executions, statesEntered, told } from '../support.ts';
import { startMs } from '../world.ts';
import { anMskScenario, cleanPath, expectGrown, hourMs, minuteMs, outcomes } from './msk-scenario.ts';

/** At 1.3 GiB an hour it is full in 36 h when 53 % are used. */
const filling = (atMs: number): number => 45 + (1.3 * (atMs - startMs)) / hourMs;

describe('a clean growth of MSK', () => {
  it('goes from the alarm to the announcement in one execution', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    const [operation, ...others] = await scenario.growths();
    expect(others).toEqual([]);
    expect(operation).toMatchObject({
      cluster: 'payments',
      subject: 'storage/payments',
      status: 'succeeded',
      outcome: 'grown',
      trigger: { type: 'alarm', dimensions: { 'Cluster Name': 'payments' } },
    });
    expect(operation && told(operation)).toEqual(['started', 'decided', 'applied', 'verified', 'ended']);
    expect(statesEntered(scenario, operation?.executionArn ?? '')).toEqual(cleanPath);
    expect(scenario.usedFraction).toBeLessThanOrEqual(0.6);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.announced()).toMatchObject([
      {
        operationId: operation?.operationId,
        clusterArn: scenario.clusterArn,
        volumeId: 'msk/payments',
        brokers: 3,
        fromGib: 100,
        toGib: scenario.sizeGib,
      },
    ]);
    // Of all brokers.
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('follows its operation with growing intervals: 23 looks at one of nearly seven hours', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    const { msk, states } = scenario.simulation;
    msk.switches.operationMs = () => 6.8 * hourMs;
    const lookedAtMs: number[] = [];
    states.observe({
      progressed: ({ lastState, retries }) => {
        if (lastState === 'FollowOperation' && lookedAtMs.length <= retries) lookedAtMs.push(scenario.nowMs);
      },
    });
    scenario.use(71);
    await scenario.pass(9 * hourMs);
    const [record] = executions(scenario);
    expect(record).toMatchObject({ status: 'SUCCEEDED', retries: 22 });
    const gaps = lookedAtMs.slice(1).map((atMs, at) => atMs - (lookedAtMs[at] ?? 0));
    expect(gaps.every((gap, at) => at === 0 || gap > 0.99 * (gaps[at - 1] ?? 0))).toBe(true);
    expect(Math.max(...gaps)).toBeLessThan(31 * minuteMs);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is found by the sweep when the alarm is lost', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.loseAlarms();
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    const [operation] = await scenario.growths();
    expect(operation).toMatchObject({ outcome: 'grown', trigger: { type: 'sweep' } });
    // The next sweep but one saw it.
    expect((operation?.startedAtMs ?? 0) - scenario.simulation.startMs).toBeLessThan(36 * minuteMs);
    expect(statesEntered(scenario, operation?.executionArn ?? '')).toEqual(cleanPath);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is started once by an alarm that is delivered many times', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.loseAlarms();
    scenario.use(71);
    await scenario.pass(2 * minuteMs);
    scenario.simulation.cloud.eventFault = (event) =>
      event['detail-type'].endsWith('Contributor State Change') ? [0, 1_000, 30_000, 10 * minuteMs] : [0];
    scenario.alarm();
    await scenario.pass(2 * hourMs);
    expect((await scenario.growths()).filter(({ trigger }) => trigger['type'] === 'alarm')).toHaveLength(1);
    expect(scenario.growthCalls).toHaveLength(1);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is one growth though two alarms, the sweep and an operator want it at the same time', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.use(71);
    await scenario.pass(2 * minuteMs);
    scenario.alarm(scenario.nowMs - 1_000);
    scenario.alarm(scenario.nowMs);
    await scenario.pass(20_000);
    await scenario.grow();
    await scenario.pass(2 * hourMs);
    expect(executions(scenario).length).toBeGreaterThanOrEqual(3);
    expect(scenario.growthCalls).toHaveLength(1);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('grows by the forecast of the broker that will be full first, before the threshold is reached', async () => {
    // Broker 3 is the emptiest at first.
    const scenario = await anMskScenario({ usedGib: [50, 50, filling] });
    await scenario.pass(12 * hourMs);
    const [operation] = await scenario.growths();
    expect(operation).toMatchObject({ outcome: 'grown', decision: { reason: 'forecast-full' } });
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('leaves a cluster alone that has room', async () => {
    const scenario = await anMskScenario({ usedGib: 69 });
    await scenario.pass(24 * hourMs);
    expect(await scenario.growths()).toEqual([]);
    expect(scenario.growthCalls).toEqual([]);
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });
});
