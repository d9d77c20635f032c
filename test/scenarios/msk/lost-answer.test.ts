/** The call's answer is lost, refused for its rate, or can't be written down: never a second operation. */
import { describe, expect, it } from '@jest/globals';
import { AwsError } from '../../../simulator/cloud/service.ts';
import { throttled } from '../../../simulator/cloud/throttle.ts';
import { hourMs, minuteMs } from '../world.ts';
import {
  anMskScenario,
  answerLost,
  expectAtRest,
  expectGrown,
  neverArrived,
  outcomes,
  storage,
} from './msk-scenario.ts';

describe('a lost answer of UpdateBrokerStorage', () => {
  it('makes no second operation', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', answerLost, 1);
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(await scenario.journal()).toMatchObject([{ status: 'accepted' }]);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('makes none either when MSK can’t be read for five minutes afterwards', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    let untilMs = 0;
    scenario.spoil(
      'kafka:UpdateBrokerStorage',
      ({ atMs }) => {
        untilMs = atMs + 5 * minuteMs;
        return answerLost();
      },
      1,
    );
    scenario.simulation.cloud.observe({
      before: ({ service, operation, atMs }) => {
        if (service === 'kafka' && operation !== 'UpdateBrokerStorage' && atMs < untilMs)
          throw new AwsError('ServiceUnavailableException', 'Try again later', 503);
      },
    });
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect((await outcomes(scenario))[0]).toBe('grown');
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('is asked again under the same intent when the call never reached MSK', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', neverArrived, 1);
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(scenario.growthCalls).toHaveLength(2);
    expect(await scenario.journal()).toMatchObject([{ status: 'accepted' }]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('gives back what was reserved when MSK never answers and never grew anything', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    let isDown = true;
    scenario.simulation.cloud.observe({
      before: ({ operation }) => {
        if (operation === 'UpdateBrokerStorage' && isDown)
          throw new AwsError('InternalServerErrorException', 'An internal error', 500);
      },
    });
    scenario.use(71);
    await scenario.pass(2 * hourMs);
    expect(scenario.sizeGib).toBe(100);
    expect(scenario.notices('answer-lost')).toHaveLength(1);
    isDown = false;
    await scenario.pass(4 * hourMs);
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    expect((await scenario.remembered(storage))?.escalations).toEqual({});
    await expectGrown(scenario, scenario.sizeGib);
  });

  it('that is very late meets the state which it made, and knows it', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.msk.switches.operationMs = () => 3 * hourMs;
    scenario.spoil('kafka:UpdateBrokerStorage', answerLost, 1);
    scenario.use(71);
    await scenario.pass(5 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(await outcomes(scenario)).toEqual(['grown']);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

describe('throttled', () => {
  it('asks for the change again under the same intent', async () => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.spoil('kafka:UpdateBrokerStorage', ({ service }) => throttled(service), 2);
    scenario.use(71);
    await scenario.pass(3 * hourMs);
    expect(await scenario.journal()).toMatchObject([{ status: 'accepted' }]);
    expect(await outcomes(scenario)).toEqual(['grown']);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });

  it.each([
    ['kafka:DescribeClusterV2'],
    ['kafka:ListClusterOperationsV2'],
    ['kafka:DescribeClusterOperationV2'],
    ['application-autoscaling:DescribeScalableTargets'],
    ['cloudwatch:GetMetricData'],
  ])('a storm over %s delays the growth, no more', async (action) => {
    const scenario = await anMskScenario({ usedGib: 68 });
    scenario.simulation.cloud.throttle.limit(action, { burst: 0, perSecond: 0 });
    scenario.use(71);
    await scenario.pass(hourMs);
    scenario.simulation.cloud.throttle.unlimit(action);
    await scenario.pass(4 * hourMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.notices()).toEqual([]);
    await expectGrown(scenario, scenario.sizeGib);
  });
});

describe('a ledger that is unavailable', () => {
  it.each([
    ['from right before the call', 'before'],
    ['from right after the call', 'after'],
  ] as const)('%s, for ten minutes: one operation, and nothing is forgotten', async (_title, moment) => {
    const scenario = await anMskScenario({ usedGib: 68 });
    let [fromMs, untilMs] = [Number.POSITIVE_INFINITY, 0];
    const begin = (): void => {
      if (untilMs > 0) return;
      fromMs = scenario.nowMs;
      untilMs = fromMs + 10 * minuteMs;
    };
    scenario.simulation.cloud.observe({
      before: ({ service, operation, atMs }) => {
        if (operation === 'UpdateBrokerStorage' && moment === 'before') begin();
        if (service === 'dynamodb' && atMs >= fromMs && atMs < untilMs)
          throw new AwsError('InternalServerError', 'DynamoDB is down', 500);
      },
      after: ({ operation }) => {
        if (operation === 'UpdateBrokerStorage' && moment === 'after') begin();
      },
    });
    scenario.use(71);
    await scenario.pass(12 * hourMs);
    expect(scenario.growthCalls).toHaveLength(1);
    expect(scenario.usedFraction).toBeLessThan(0.7);
    expect(scenario.changes).toMatchObject([{ state: 'UPDATE_COMPLETE' }]);
    expect((await scenario.clusterState()).dayGrownGib).toBe(3 * (scenario.sizeGib - 100));
    await expectAtRest(scenario);
  });
});
