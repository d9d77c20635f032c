import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ledgerTable } from '../../../functions/gateways/ledger/table.ts';
import { bootFromTemplate, type Simulation } from '../../../simulator/deploy/boot.ts';
import { environment, resources, startMs } from './fixtures/template.ts';

const hour = 3_600_000;
const fill = { usedBytes: () => 0, shortenRetention: () => {}, notes: [] };

/** More than none of a metric in five minutes tells the topic. */
const alarm = (name: string, namespace: string, metric: string, dimensions: object) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: name,
    Namespace: namespace,
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value: Value as unknown })),
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [{ Ref: 'Topic' }],
  },
});

const boot = (seed = 1): Promise<Simulation> =>
  bootFromTemplate({
    assembly: {
      stackName: 'demo',
      template: {
        Resources: {
          ...resources,
          Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'ledger', ...ledgerTable } },
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'told' } },
          FunctionErrors: alarm('function-errors', 'AWS/Lambda', 'Errors', { FunctionName: { Ref: 'Echo' } }),
          Failures: alarm('failures', 'AWS/States', 'ExecutionsFailed', { StateMachineArn: { Ref: 'Machine' } }),
          Refused: alarm('refused', 'KafkaAutopilot', 'Faults', { service: 'kafka-autopilot', faultClass: 'refused' }),
          Waiting: alarm('waiting', 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: 'dead-letters' }),
        },
      },
      assetPath: (key) => (key === 'layer.zip' ? join(import.meta.dirname, 'fixtures/layer') : undefined),
    },
    seed,
    startMs,
    fill,
    account: environment.account,
    region: environment.region,
  });

const operatorCall = (simulation: Simulation, service: string, operation: string, input: Record<string, unknown>) =>
  simulation.within(() =>
    simulation.cloud.call({
      service,
      operation,
      input,
      principal: { roleArn: 'arn:aws:iam::111122223333:role/demo-MachineRole', name: 'test' },
      atMs: simulation.clock.nowMs(),
    }),
  );

describe('bootFromTemplate', () => {
  it('invokes functions and lets the time pass that they take', async () => {
    const simulation = await boot();
    expect(await simulation.invoke('echo', { a: 1 })).toMatchObject({ event: { a: 1 } });
    expect(simulation.clock.nowMs()).toBeGreaterThan(startMs);
    await expect(simulation.invoke('nobody', {})).rejects.toThrow('no such function');
  });

  it('gives the operator the ledger of the template', async () => {
    const simulation = await boot();
    const written: unknown[] = [];
    simulation.onLedgerWrite((after) => written.push(after?.['type']));
    await simulation.within(() => simulation.ledger.setPaused('orders', { by: 'me', atMs: startMs, reason: 'test' }));
    const state = await simulation.within(() => simulation.ledger.clusterState('orders'));
    expect(state.paused).toMatchObject({ by: 'me' });
    expect(written).toEqual(['cluster']);
  });

  it('feeds alarms with what services and functions measure', async () => {
    const simulation = await boot();
    await expect(simulation.invoke('echo', { fail: 'NotToday' })).rejects.toMatchObject({ name: 'NotToday' });
    const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:echo';
    const { states, lambda } = simulation;
    states.handle({
      service: 'states',
      operation: 'StartExecution',
      input: { stateMachineArn, name: 'one', input: '{"fail":"NotToday"}' },
      principal: { roleArn: '', name: 'test' },
      atMs: startMs,
    });
    lambda.handle({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'echo', InvocationType: 'Event', Payload: '{"fail":"NotToday"}' },
      principal: { roleArn: '', name: 'test' },
      atMs: startMs,
    });
    await simulation.run(startMs + hour);
    const alarmed = new Set(simulation.sns.notices.map(({ subject }) => subject.split('"')[1]));
    expect(alarmed).toEqual(new Set(['failures', 'function-errors', 'refused', 'waiting']));
  });

  it('asks IAM on every call but the operator’s', async () => {
    const simulation = await boot();
    const call = operatorCall(simulation, 'states', 'ListExecutions', {
      stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:echo',
    });
    await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(simulation.counters().deniedCalls).toEqual({ 'test states:ListExecutions': 1 });
  });

  it('gives the same run for the same seed, and another for another', async () => {
    const [one, again, other] = [await timesOf(1), await timesOf(1), await timesOf(2)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

async function timesOf(seed: number): Promise<unknown[]> {
  const simulation = await boot(seed);
  const answers: unknown[] = [];
  for (let index = 0; index < 3; index += 1) answers.push(await simulation.invoke('echo', {}));
  return answers;
}
