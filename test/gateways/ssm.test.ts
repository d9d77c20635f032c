import { describe, expect, it } from '@jest/globals';
import { ssmGateway } from '../../functions/gateways/ssm.ts';
import { json, jsonError, wired } from './http.ts';

const COMMAND_ID = '8f14e45f-ceea-467f-a1b2-c3d4e5f60718';
const request = {
  documentName: 'grow-filesystem',
  instanceId: 'i-1',
  parameters: { volumeId: ['vol-1'] },
  deliverySeconds: 60,
  comment: 'x'.repeat(120),
};

const invocationJson = (Status: string, StatusDetails: string) =>
  json({
    CommandId: COMMAND_ID,
    InstanceId: 'i-1',
    Status,
    StatusDetails,
    ResponseCode: Status === 'Success' ? 0 : -1,
    StandardOutputContent: '{"ok":true}',
    StandardErrorContent: '',
  });

describe('sendCommand', () => {
  it('sends the document to one instance', async () => {
    const { runtime, bodies, requests } = wired(() => json({ Command: { CommandId: COMMAND_ID } }));
    await expect(ssmGateway(runtime).sendCommand(request)).resolves.toEqual({ commandId: COMMAND_ID });
    expect(requests[0]?.headers['x-amz-target']).toBe('AmazonSSM.SendCommand');
    expect(JSON.parse(String(bodies[0]))).toEqual({
      DocumentName: 'grow-filesystem',
      InstanceIds: ['i-1'],
      Parameters: { volumeId: ['vol-1'] },
      TimeoutSeconds: 60,
      Comment: 'x'.repeat(100),
    });
  });

  it.each([
    ['an agent that is down', jsonError('InvalidInstanceId', 'not in a valid state'), 'HostUnreachable'],
    ['throttling', jsonError('ThrottlingException', 'Rate exceeded'), 'Throttled'],
    ['an internal error', jsonError('InternalServerError', 'oops', 500), 'AnswerLost'],
    ['a missing document', jsonError('InvalidDocument', 'no such document'), 'UnknownAwsError'],
    ['no permission', jsonError('AccessDeniedException', 'not authorized'), 'AccessDenied'],
    ['an answer without a command', json({}), 'AnswerLost'],
  ])('is sent once: %s', async (_title, reply, name) => {
    const { runtime, bodies } = wired(() => reply);
    await expect(ssmGateway(runtime).sendCommand(request)).rejects.toMatchObject({ name });
    expect(bodies).toHaveLength(1);
  });
});

describe('invocation', () => {
  it.each([
    ['Pending', 'Pending', 'pending'],
    ['Delayed', 'Delayed', 'pending'],
    ['InProgress', 'InProgress', 'running'],
    ['Success', 'Success', 'succeeded'],
    ['Failed', 'Failed', 'failed'],
    ['Failed', 'Undeliverable', 'undeliverable'],
    ['TimedOut', 'Delivery Timed Out', 'undeliverable'],
    ['TimedOut', 'ExecutionTimedOut', 'timed-out'],
    ['Cancelled', 'Terminated', 'cancelled'],
  ])('%s / %s is %s', async (status, details, expected) => {
    const { runtime } = wired(() => invocationJson(status, details));
    await expect(ssmGateway(runtime).invocation(COMMAND_ID, 'i-1')).resolves.toMatchObject({
      status: expected,
      statusDetails: details,
      stdout: '{"ok":true}',
    });
  });

  it('is undefined while SSM does not know it yet', async () => {
    const { runtime } = wired(() => jsonError('InvocationDoesNotExist', ''));
    await expect(ssmGateway(runtime).invocation(COMMAND_ID, 'i-1')).resolves.toBeUndefined();
  });

  it('of an unknown status is a defect', async () => {
    const { runtime } = wired(() => invocationJson('Pondering', 'Pondering'));
    await expect(ssmGateway(runtime).invocation(COMMAND_ID, 'i-1')).rejects.toMatchObject({ name: 'UnknownAwsError' });
  });
});
