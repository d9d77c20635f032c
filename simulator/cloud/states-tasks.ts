/**
 * What a Task of a state machine calls: each integration becomes a call of the simulated cloud by the state machine's
 * role, so that IAM, request limits and injected faults meet it as they would at AWS.
 */
import { TaskFailure, type TaskHandler, type TaskRequest } from '../states-language/index.ts';
import type { SimulatedCloud } from './cloud.ts';
import { AwsError, type Principal } from './service.ts';

/** How a child execution ended. */
export interface ExecutionEnd {
  status: string;
  output?: string | undefined;
}

export interface TaskWorld {
  cloud: SimulatedCloud;
  principal: Principal;
  executionArn: string;
  stateMachineArn: string;
  tokenIssued(token: string): void;
  onEnd(executionArn: string, callback: (end: ExecutionEnd) => void): void;
}

type Arguments = Record<string, unknown>;

/** Every resource that `isKnownTask` knows is handled here. */
export function taskHandler(world: TaskWorld): TaskHandler {
  return async (request) => {
    if (request.taskToken !== undefined) world.tokenIssued(request.taskToken);
    const { integration } = request;
    if (integration.kind === 'lambda') return invokeDirectly(world, request);
    const args = (request.arguments ?? {}) as Arguments;
    if (integration.kind === 'sdk') return callSdk(world, integration.service, integration.action, args);
    switch (`${integration.service}:${integration.action}`) {
      case 'lambda:invoke':
        return invoke(world, args);
      case 'events:putEvents':
        return putEvents(world, args);
      case 'sns:publish':
        return failAs('SNS', () => call(world, 'sns', 'Publish', { ...args, Message: asText(args['Message']) }));
      case 'states:startExecution':
        return startChild(world, args, integration.suffix);
      default:
        throw new Error(`the simulator does not know the task ${request.resource}`);
    }
  };
}

const optimized = new Set(['lambda:invoke', 'events:putEvents', 'sns:publish', 'states:startExecution']);

/** SDK service names in resources, to IAM prefixes and to the prefix of error names [DG supported-services-awssdk]. */
const sdkServices: Record<string, { service: string; errors: string; isCamelCase?: boolean }> = {
  ec2: { service: 'ec2', errors: 'Ec2' },
  cloudwatch: { service: 'cloudwatch', errors: 'CloudWatch' },
  ssm: { service: 'ssm', errors: 'Ssm' },
  dynamodb: { service: 'dynamodb', errors: 'DynamoDb' },
  sns: { service: 'sns', errors: 'Sns' },
  lambda: { service: 'lambda', errors: 'Lambda' },
  eventbridge: { service: 'events', errors: 'EventBridge' },
  sfn: { service: 'states', errors: 'Sfn', isCamelCase: true },
};

/** Whether a definition may use it: asked when the template is loaded. */
export function isKnownTask({ kind, service, action }: TaskRequest['integration']): boolean {
  if (kind === 'lambda') return true;
  if (kind === 'sdk') return sdkServices[service.slice('aws-sdk:'.length)] !== undefined;
  return optimized.has(`${service}:${action}`);
}

function call(
  { cloud, principal }: TaskWorld,
  service: string,
  operation: string,
  input: Arguments,
): Promise<Arguments> {
  return cloud.call({ service, operation, input, principal, atMs: cloud.clock.nowMs() }) as Promise<Arguments>;
}

/** Turns a service's refusal into the error name that Retry and Catch see. */
async function failAs<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new TaskFailure(`${prefix}.${errorName(prefix, error)}`, error.message);
  }
}

/**
 * Names are those of the Java SDK's exceptions: `…Exception`. EC2 has one for all, e.g. `Ec2.Ec2Exception`. Lambda's
 * refusals without a class of their own are `Lambda.AWSLambdaException`, a lost answer is `Lambda.SdkClientException`
 * [DG bp-lambda-serviceexception; which code has which class: K].
 */
function errorName(prefix: string, { name }: AwsError): string {
  if (name === 'TimeoutError') return 'SdkClientException';
  if (prefix === 'Ec2') return 'Ec2Exception';
  if (prefix === 'Lambda' && name === 'AccessDeniedException') return 'AWSLambdaException';
  return name.endsWith('Exception') ? name : `${name}Exception`;
}

async function invoke(world: TaskWorld, args: Arguments): Promise<unknown> {
  const { Payload = {}, ...others } = args;
  const answer = await failAs('Lambda', () =>
    call(world, 'lambda', 'Invoke', { ...others, Payload: JSON.stringify(Payload) }),
  );
  if (args['InvocationType'] === 'Event') return { StatusCode: 202, Payload: {} };
  return { ExecutedVersion: answer['ExecutedVersion'], Payload: payloadOf(answer), StatusCode: 200 };
}

async function invokeDirectly(world: TaskWorld, request: TaskRequest): Promise<unknown> {
  const input = { FunctionName: request.integration.action, Payload: JSON.stringify(request.arguments ?? null) };
  return payloadOf(await failAs('Lambda', () => call(world, 'lambda', 'Invoke', input)));
}

/** A function's error fails the task under the error's own name, with the whole payload as the cause. */
function payloadOf(answer: Arguments): unknown {
  const text = new TextDecoder().decode(answer['Payload'] as Uint8Array);
  const payload: unknown = JSON.parse(text);
  if (answer['FunctionError'] === undefined) return payload;
  const { errorType } = payload as { errorType?: string };
  throw new TaskFailure(errorType ?? 'Lambda.Unknown', text);
}

/** Appends both ARNs to each entry's resources; a failed entry fails the task [DG connect-eventbridge]. */
async function putEvents(world: TaskWorld, args: Arguments): Promise<unknown> {
  const entries = (args['Entries'] as Arguments[]).map((entry) => ({
    ...entry,
    Detail: asText(entry['Detail']),
    Resources: [...((entry['Resources'] as string[] | undefined) ?? []), world.executionArn, world.stateMachineArn],
  }));
  const answer = await failAs('EventBridge', () => call(world, 'events', 'PutEvents', { ...args, Entries: entries }));
  if (Number(answer['FailedEntryCount']) > 0) throw new TaskFailure('EventBridge.FailedEntry', JSON.stringify(answer));
  return answer;
}

async function startChild(world: TaskWorld, args: Arguments, suffix: string): Promise<unknown> {
  const input: Arguments = {
    stateMachineArn: args['StateMachineArn'],
    input: asText(args['Input'] ?? {}),
    ...(args['Name'] === undefined ? {} : { name: args['Name'] }),
  };
  const started = await failAs('StepFunctions', () => call(world, 'states', 'StartExecution', input));
  const executionArn = String(started['executionArn']);
  const { clock } = world.cloud;
  if (!suffix.startsWith('.sync')) return { ExecutionArn: executionArn, StartDate: started['startDate'] };
  const end = await clock.park<ExecutionEnd>((resolve) => world.onEnd(executionArn, resolve));
  const { startDate, stopDate, ...described } = await failAs('StepFunctions', () =>
    call(world, 'states', 'DescribeExecution', { executionArn }),
  );
  const result: Arguments = { ...pascalCase(described), StartDate: startDate, StopDate: stopDate };
  if (end.status !== 'SUCCEEDED') throw new TaskFailure('States.TaskFailed', JSON.stringify(result));
  // `.sync:2` gives the output as JSON, `.sync` as text.
  return suffix === '.sync:2' ? { ...result, Output: JSON.parse(String(result['Output'])) as unknown } : result;
}

async function callSdk(world: TaskWorld, sdkService: string, action: string, args: Arguments): Promise<unknown> {
  const known = sdkServices[sdkService.slice('aws-sdk:'.length)];
  if (known === undefined) throw new Error(`the simulator does not know the SDK integration ${sdkService}`);
  const { service, errors, isCamelCase = false } = known;
  const operation = `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
  const input = isCamelCase ? camelCase(args) : args;
  return pascalCase(await failAs(errors, () => call(world, service, operation, input)));
}

const rename = (object: Arguments, first: (letter: string) => string): Arguments =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [`${first(key.charAt(0))}${key.slice(1)}`, value]));
const camelCase = (object: Arguments): Arguments => rename(object, (letter) => letter.toLowerCase());
const pascalCase = (object: Arguments): Arguments => rename(object, (letter) => letter.toUpperCase());

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
