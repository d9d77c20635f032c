import { describe, expect, it } from '@jest/globals';
import { workflowsGateway } from '../../functions/gateways/workflows.ts';
import { json, jsonError, wired } from './http.ts';

const ALIAS = 'arn:aws:states:eu-central-1:111122223333:stateMachine:demo-storage-scaling:live';
const EXECUTION = 'arn:aws:states:eu-central-1:111122223333:execution:demo-storage-scaling:abc';
const environment = { WORKFLOW_STORAGE_SCALING: ALIAS };
const request = { workflow: 'storage-scaling', name: 'abc', input: { subject: 'vol-1' } };

describe('start', () => {
  it('starts the alias of the workflow under the given name', async () => {
    const { runtime, bodies } = wired(() => json({ executionArn: EXECUTION, startDate: 1_768_471_200 }), environment);
    await expect(workflowsGateway(runtime).start(request)).resolves.toEqual({
      started: 'new',
      executionArn: EXECUTION,
    });
    expect(JSON.parse(String(bodies[0]))).toEqual({
      stateMachineArn: ALIAS,
      name: 'abc',
      input: '{"subject":"vol-1"}',
    });
  });

  it('names the execution that exists already', async () => {
    const { runtime } = wired(
      () => jsonError('ExecutionAlreadyExists', "Execution Already Exists: 'abc'"),
      environment,
    );
    await expect(workflowsGateway(runtime).start(request)).resolves.toEqual({
      started: 'already',
      executionArn: EXECUTION,
    });
  });

  it('reads the workflow’s alias only when it is started', async () => {
    const { runtime } = wired(() => json({ status: 'RUNNING', executionArn: EXECUTION, stateMachineArn: ALIAS }));
    const workflows = workflowsGateway(runtime);
    await expect(workflows.status(EXECUTION)).resolves.toBe('RUNNING');
    await expect(workflows.start(request)).rejects.toMatchObject({ name: 'MissingSetting' });
  });

  it('treats a missing state machine as a defect', async () => {
    const { runtime } = wired(() => jsonError('StateMachineDoesNotExist', 'no'), environment);
    await expect(workflowsGateway(runtime).start(request)).rejects.toMatchObject({ name: 'UnknownAwsError' });
  });
});

describe('status', () => {
  it('is undefined of an execution that is no longer known', async () => {
    const { runtime } = wired(() => jsonError('ExecutionDoesNotExist', 'no'));
    await expect(workflowsGateway(runtime).status(EXECUTION)).resolves.toBeUndefined();
  });
});

describe('answering a token', () => {
  it('sends the output as JSON', async () => {
    const { runtime, bodies } = wired(() => json({}));
    await expect(workflowsGateway(runtime).succeed('token', { ok: 1 })).resolves.toBe('sent');
    expect(JSON.parse(String(bodies[0]))).toEqual({ taskToken: 'token', output: '{"ok":1}' });
  });

  it.each(['TaskTimedOut', 'TaskDoesNotExist'])('is late, which is success, on %s', async (code) => {
    const { runtime } = wired(() => jsonError(code, 'closed'));
    const workflows = workflowsGateway(runtime);
    await expect(workflows.succeed('token', {})).resolves.toBe('late');
    await expect(workflows.fail('token', 'E', 'because')).resolves.toBe('late');
  });

  it('cuts error and cause to what Step Functions takes', async () => {
    const { runtime, bodies } = wired(() => json({}));
    await workflowsGateway(runtime).fail('token', 'e'.repeat(300), 'c'.repeat(40_000));
    const sent = JSON.parse(String(bodies[0])) as { error: string; cause: string };
    expect([sent.error.length, sent.cause.length]).toEqual([256, 32_768]);
  });

  it('with an invalid token is a defect', async () => {
    const { runtime } = wired(() => jsonError('InvalidToken', 'malformed'));
    await expect(workflowsGateway(runtime).succeed('token', {})).rejects.toMatchObject({ faultClass: 'defect' });
  });
});
