/**
 * Executions and task tokens of Step Functions. A workflow `storage-scaling` is started through the alias ARN in
 * WORKFLOW_STORAGE_SCALING; functions that start nothing don't have it.
 */
import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { setting, type Wire } from '../runtime/runtime.ts';
import { errorCode, type FaultTable, oneOf, required, toFault } from './classify.ts';
import { retryingClient } from './client.ts';
import { Throttled, UnknownAwsError } from './faults.ts';
import type { WorkflowsGateway } from './types.ts';

/** [SDK sfn SendTaskFailureInput] */
const ERROR_MAX = 256;
const CAUSE_MAX = 32_768;

const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'] as const;

const startFaults: FaultTable = {
  ExecutionLimitExceeded: (message, options) => new Throttled(message, options), // too many open executions [SDK sfn]
};

/** The token is closed or unknown: somebody else answered it, or it timed out (aws-facts 7.1). */
const LATE = new Set(['TaskTimedOut', 'TaskDoesNotExist']);

export const workflowsGateway: Wire<WorkflowsGateway> = (runtime) => {
  const client = runtime.connect(new SFNClient(retryingClient(runtime)));

  return {
    /**
     * The name makes it idempotent, so the SDK may retry. The same name with the same input while that execution runs
     * is answered by Step Functions as if new (aws-facts 7.1); it is `new` here too.
     */
    async start({ workflow, name, input }) {
      const stateMachineArn = setting(runtime, `WORKFLOW_${workflow.replaceAll('-', '_').toUpperCase()}`);
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      try {
        const { executionArn } = await client.send(command);
        return { started: 'new', executionArn: required(executionArn, 'executionArn') };
      } catch (error) {
        if (errorCode(error) === 'ExecutionAlreadyExists') {
          return { started: 'already', executionArn: toExecutionArn(stateMachineArn, name) };
        }
        throw toFault(error, 'mutation', startFaults);
      }
    },

    async status(executionArn) {
      const call = client.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }));
      try {
        return oneOf((await call).status, STATUSES, 'status');
      } catch (error) {
        if (errorCode(error) === 'ExecutionDoesNotExist') return undefined;
        throw toFault(error, 'read');
      }
    },

    succeed: (taskToken, output) =>
      sent(client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output ?? null) }))),

    fail: (taskToken, error, cause) =>
      sent(
        client.send(
          new SendTaskFailureCommand({ taskToken, error: error.slice(0, ERROR_MAX), cause: cause.slice(0, CAUSE_MAX) }),
        ),
      ),
  };
};

/** Waits for a token's answer to be taken. */
async function sent(call: Promise<unknown>): Promise<'sent' | 'late'> {
  try {
    await call;
    return 'sent';
  } catch (error) {
    if (LATE.has(errorCode(error) ?? '')) return 'late';
    throw toFault(error, 'mutation');
  }
}

/** `arn:aws:states:R:A:stateMachine:NAME[:alias]` and an execution's name give `arn:aws:states:R:A:execution:NAME:name`. */
function toExecutionArn(stateMachineArn: string, name: string): string {
  const [arn, partition, service, region, account, , machine] = stateMachineArn.split(':');
  if (machine === undefined) throw new UnknownAwsError(`not a state machine's ARN: ${stateMachineArn}`);
  return [arn, partition, service, region, account, 'execution', machine, name].join(':');
}
