/** Commands on hosts, through SSM documents of our own. */
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Wire } from '../runtime/runtime.ts';
import { answered, errorCode, type FaultTable, required, toFault } from './classify.ts';
import { retryingClient, singleAttemptClient } from './client.ts';
import { AnswerLost, HostUnreachable, UnknownAwsError } from './faults.ts';
import type { CommandStatus, SsmGateway } from './types.ts';

/** [SDK ssm SendCommandRequest.Comment] */
const COMMENT_MAX = 100;

const sendFaults: FaultTable = {
  // "SSM Agent isn't running", "not registered", "not in a valid state" [SDK ssm InvalidInstanceId]; S5.
  InvalidInstanceId: (message, options) => new HostUnreachable(message, options),
};

/** Status as SSM lists it [SDK ssm CommandInvocationStatus; aws-facts 2.3]. `Delayed`: SSM is still trying to deliver. */
const STATUS: Readonly<Record<string, CommandStatus>> = {
  Pending: 'pending',
  Delayed: 'pending',
  InProgress: 'running',
  Cancelling: 'running',
  Success: 'succeeded',
  Failed: 'failed',
  TimedOut: 'timed-out',
  Cancelled: 'cancelled',
};

/** StatusDetails, spaces taken out, that say more than the status: the script never ran (aws-facts 2.3). */
const DETAILS: Readonly<Record<string, CommandStatus>> = {
  DeliveryTimedOut: 'undeliverable',
  Undeliverable: 'undeliverable',
  Terminated: 'cancelled',
};

export const ssmGateway: Wire<SsmGateway> = (runtime) => {
  const reading = runtime.connect(new SSMClient(retryingClient(runtime)));
  const sending = runtime.connect(new SSMClient(singleAttemptClient(runtime)));

  return {
    async sendCommand({ documentName, instanceId, parameters, deliverySeconds, comment }) {
      const command = new SendCommandCommand({
        DocumentName: documentName,
        InstanceIds: [instanceId],
        Parameters: parameters,
        TimeoutSeconds: deliverySeconds,
        Comment: comment.slice(0, COMMENT_MAX),
      });
      const answer = await answered(sending.send(command), 'mutation', sendFaults);
      const commandId = answer.Command?.CommandId;
      if (commandId === undefined) throw new AnswerLost(`SendCommand to ${instanceId}: the answer has no CommandId`);
      return { commandId };
    },

    async invocation(commandId, instanceId) {
      let answer;
      try {
        answer = await reading.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
      } catch (error) {
        if (errorCode(error) === 'InvocationDoesNotExist') return undefined; // right after sending (aws-facts 2.3)
        throw toFault(error, 'read');
      }
      const statusDetails = required(answer.StatusDetails, 'StatusDetails');
      return {
        commandId: required(answer.CommandId, 'CommandId'),
        instanceId: required(answer.InstanceId, 'InstanceId'),
        status: toStatus(required(answer.Status, 'Status'), statusDetails),
        statusDetails,
        responseCode: required(answer.ResponseCode, 'ResponseCode'),
        stdout: answer.StandardOutputContent ?? '', // absent until the script has written
        stderr: answer.StandardErrorContent ?? '',
      };
    },
  };
};

function toStatus(status: string, details: string): CommandStatus {
  const known = DETAILS[details.replaceAll(' ', '')] ?? STATUS[status];
  if (known === undefined) throw new UnknownAwsError(`the command's status is ${JSON.stringify(status)}`);
  return known;
}
