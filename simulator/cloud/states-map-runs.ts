/**
 * What a Distributed Map calls, by the state machine's role: S3 for its ItemReader, and IAM for its children.
 *
 * Permissions: Step Functions guide iam-policies-eg-dist-map. Items of a listing: floci (floci-io/floci#3460, checked
 * against AWS 2026-09-12).
 */
import { type ItemReadRequest, type MapRunHost, TaskFailure } from '../states-language/index.ts';
import type { SimulatedCloud } from './cloud.ts';
import type { ObjectBody } from './s3-body.ts';
import { AwsError, type Authorization, type Principal } from './service.ts';

export interface MapRunWorld {
  cloud: SimulatedCloud;
  principal: Principal;
  /** The state machine's own, without a Map Run's label. */
  stateMachineArn: string;
  startChild: MapRunHost['startChild'];
}

export function mapRunHost(world: MapRunWorld): MapRunHost {
  return {
    authorize: (mapRunArn) => authorize(world, mapRunArn),
    readItems: async (request) => {
      try {
        return await (request.action === 'getObject' ? readObject(world, request) : listObjects(world, request));
      } catch (error) {
        // [?] AWS adds the service and a request id to the message.
        if (error instanceof AwsError) throw new TaskFailure('States.ItemReaderFailed', error.message);
        throw error;
      }
    },
    startChild: (child) => world.startChild(child),
  };
}

/**
 * All that the guide's policy grants is needed, before anything starts: a role that could not stop its children would
 * be found out too late. The guide names executions without a label, so they are asked for like that [?].
 */
function authorize({ cloud, principal, stateMachineArn }: MapRunWorld, mapRunArn: string): void {
  const children = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${mapRunArn.split(':').at(-1) ?? ''}`;
  const needed: Authorization[] = [
    { action: 'states:StartExecution', resources: [stateMachineArn], context: {} },
    { action: 'states:DescribeExecution', resources: [children], context: {} },
    { action: 'states:StopExecution', resources: [children], context: {} },
  ];
  try {
    cloud.authorizer?.(principal, needed);
  } catch (error) {
    if (error instanceof AwsError) throw new TaskFailure('States.Permissions', error.message);
    throw error;
  }
}

async function readObject(world: MapRunWorld, { arguments: args }: ItemReadRequest): Promise<string> {
  const { Body } = (await callS3(world, 'GetObject', asInput(args, 'Key'))) as { Body: ObjectBody };
  return Body.transformToString();
}

async function listObjects(world: MapRunWorld, { arguments: args }: ItemReadRequest): Promise<unknown[]> {
  const input = asInput(args, 'Bucket');
  const items: unknown[] = [];
  let next: string | undefined;
  do {
    const page = (await callS3(world, 'ListObjectsV2', { ...input, ContinuationToken: next })) as {
      Contents?: Record<string, unknown>[];
      NextContinuationToken?: string;
    };
    items.push(...(page.Contents ?? []).map(listItem));
    next = page.NextContinuationToken;
  } while (next !== undefined);
  return items;
}

/** As AWS passes one on: `Etag` so written and with its quotes, the time in seconds. */
function listItem({ ETag, Key, LastModified, Size, StorageClass }: Record<string, unknown>): unknown {
  return { Etag: ETag, Key, LastModified: (LastModified as Date).getTime() / 1000, Size, StorageClass };
}

function callS3({ cloud, principal }: MapRunWorld, operation: string, input: Record<string, unknown>) {
  return cloud.call({ service: 's3', operation, input, principal, atMs: cloud.clock.nowMs() });
}

/** [?] AWS's wording for Arguments that lack a field. */
function asInput(args: unknown, field: 'Bucket' | 'Key'): Record<string, unknown> {
  const input = (args ?? {}) as Record<string, unknown>;
  for (const name of ['Bucket', field]) {
    if (typeof input[name] !== 'string') {
      throw new TaskFailure('States.ItemReaderFailed', `The ItemReader's Arguments lack the text ${name}`);
    }
  }
  return input;
}
