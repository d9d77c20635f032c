/**
 * Metrics that AWS services write by themselves and that alarms read: AWS/Lambda, AWS/States, AWS/SQS.
 *
 * Names and dimensions: Lambda guide monitoring-metrics-types, Step Functions guide procedure-cw-metrics, SQS guide
 * sqs-available-cloudwatch-metrics.
 */
import type { SimulatedCloud } from '../cloud/cloud.ts';
import type { Deployment } from './deployment.ts';

export type WriteMetric = (
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
) => void;

/** While messages wait, SQS reports their number; sampled at this period. */
const queueSampleMs = 300_000;

export function meterServices(cloud: SimulatedCloud, deployment: Deployment, write: WriteMetric): void {
  const { clock } = cloud;
  const put = (namespace: string, name: string, dimensions: Record<string, string>, value = 1): void =>
    write(namespace, name, dimensions, value);

  deployment.states.observe({
    started: ({ stateMachineArn }) => put('AWS/States', 'ExecutionsStarted', { StateMachineArn: stateMachineArn }),
    ended({ stateMachineArn, status }) {
      const names = {
        SUCCEEDED: 'Succeeded',
        FAILED: 'Failed',
        TIMED_OUT: 'TimedOut',
        ABORTED: 'Aborted',
        RUNNING: '',
      };
      put('AWS/States', `Executions${names[status]}`, { StateMachineArn: stateMachineArn });
    },
  });
  deployment.lambda.onReport(({ name, isError, durationMs }) => {
    put('AWS/Lambda', 'Invocations', { FunctionName: name });
    put('AWS/Lambda', 'Errors', { FunctionName: name }, isError ? 1 : 0);
    put('AWS/Lambda', 'Duration', { FunctionName: name }, durationMs);
  });
  const sampled = new Set<string>();
  const sample = (arn: string, length: number): void => {
    const name = 'ApproximateNumberOfMessagesVisible';
    put('AWS/SQS', name, { QueueName: arn.slice(arn.lastIndexOf(':') + 1) }, length);
  };
  const keepSampling = (arn: string): void => {
    clock.after(queueSampleMs, () => {
      const length = deployment.queues.queues().get(arn)?.length ?? 0;
      sample(arn, length);
      if (length > 0) keepSampling(arn);
      else sampled.delete(arn);
    });
  };
  deployment.queues.onChange((arn, length) => {
    sample(arn, length);
    if (length === 0 || sampled.has(arn)) return;
    sampled.add(arn);
    keepSampling(arn);
  });
}
