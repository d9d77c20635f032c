/** Simulated SNS: topics, and a readable list of what was published for the simulated operator. */
import type { SimulatedCloud } from './cloud.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

export interface Notice {
  topicArn: string;
  subject: string;
  message: string;
  attributes: Record<string, string>;
  atMs: number;
  /** Who published it: a function's verb, or `cloudwatch` for an alarm. */
  by: string;
}

/** SDK sns PublishInput: a message with its attributes has at most 256 KiB; a subject fewer than 100 characters. */
const bytesMax = 262_144;
const subjectMax = 100;

export class SimulatedSns implements Service {
  readonly name = 'sns';
  readonly notices: Notice[] = [];
  readonly #cloud: SimulatedCloud;
  readonly #topics = new Set<string>();
  readonly #readers: ((notice: Notice) => void)[] = [];

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
  }

  createTopic(arn: string): void {
    this.#topics.add(arn);
  }

  onPublish(read: (notice: Notice) => void): void {
    this.#readers.push(read);
  }

  authorize({ operation, input }: Call): Authorization[] {
    return [{ action: `sns:${operation}`, resources: [String(input['TopicArn'])], context: {} }];
  }

  handle({ operation, input, principal }: Call): unknown {
    if (operation !== 'Publish') throw new Error(`the simulated SNS does not know ${operation}`);
    const attributes: Record<string, string> = {};
    const given = (input['MessageAttributes'] ?? {}) as Record<string, { DataType?: string; StringValue?: string }>;
    for (const [name, { DataType, StringValue }] of Object.entries(given)) {
      if (DataType === undefined || StringValue === undefined || StringValue === '') {
        throw new AwsError('InvalidParameterValue', `The message attribute '${name}' must contain non-empty values.`);
      }
      attributes[name] = StringValue;
    }
    return this.publish(
      input['TopicArn'] as string,
      { subject: (input['Subject'] ?? '') as string, message: (input['Message'] ?? '') as string, attributes },
      principal.name,
    );
  }

  /** For services that publish by themselves, such as alarms. @throws AwsError */
  publish(
    topicArn: string,
    { subject, message, attributes }: Pick<Notice, 'subject' | 'message' | 'attributes'>,
    by: string,
  ): { MessageId: string } {
    if (!this.#topics.has(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
    if (message === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
    if (subject.length >= subjectMax || !/^[\x20-\x7E]*$/.test(subject)) {
      throw new AwsError('InvalidParameter', 'Invalid parameter: Subject');
    }
    const bytes = Buffer.byteLength(message) + Buffer.byteLength(Object.entries(attributes).flat().join(''));
    if (bytes > bytesMax) throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long');
    const notice: Notice = { topicArn, subject, message, attributes, atMs: this.#cloud.clock.nowMs(), by };
    this.notices.push(notice);
    for (const read of this.#readers) read(notice);
    return { MessageId: this.#cloud.uuid() };
  }
}
