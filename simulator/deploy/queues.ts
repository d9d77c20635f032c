/** SQS as dead-letter queues: messages are stored and counted; nobody receives them but the operator. */
import { AwsError, type Authorization, type Call, type Service } from '../cloud/service.ts';

export interface QueueMessage {
  atMs: number;
  body: string;
  attributes: Record<string, string>;
}

const bytesMax = 1024 * 1024; // SQS quotas: 1 MiB a message since 2025 [K]

export class SqsService implements Service {
  readonly name = 'sqs';
  readonly #queues = new Map<string, QueueMessage[]>();
  readonly #arnByUrl = new Map<string, string>();
  readonly #readers: ((arn: string, length: number) => void)[] = [];

  /** Called when the number of messages of a queue has changed. */
  onChange(read: (arn: string, length: number) => void): void {
    this.#readers.push(read);
  }

  deploy(arn: string, url: string): void {
    this.#queues.set(arn, []);
    this.#arnByUrl.set(url, arn);
  }

  /** By ARN. */
  queues(): ReadonlyMap<string, readonly QueueMessage[]> {
    return this.#queues;
  }

  authorize({ operation, input }: Call): Authorization[] {
    return [{ action: `sqs:${operation}`, resources: [this.#arnOf(input)], context: {} }];
  }

  handle({ operation, input, atMs }: Call): unknown {
    const messages = this.#queues.get(this.#arnOf(input));
    if (messages === undefined) {
      throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.', 400);
    }
    switch (operation) {
      case 'SendMessage': {
        const body = String(input['MessageBody']);
        if (Buffer.byteLength(body) > bytesMax) throw new AwsError('InvalidParameterValue', 'Message is too long', 400);
        messages.push({ atMs, body, attributes: (input['MessageAttributes'] ?? {}) as Record<string, string> });
        this.#changed(input, messages.length);
        return { MessageId: `00000000-0000-4000-9000-${String(messages.length).padStart(12, '0')}` };
      }
      case 'PurgeQueue':
        messages.length = 0;
        this.#changed(input, 0);
        return {};
      default:
        throw new Error(`the simulated SQS has no operation ${operation}`);
    }
  }

  #changed(input: Record<string, unknown>, length: number): void {
    for (const read of this.#readers) read(this.#arnOf(input), length);
  }

  /** Callers within the simulation name a queue by its ARN, SDK clients by its URL. */
  #arnOf(input: Record<string, unknown>): string {
    const name = String(input['QueueUrl']);
    return this.#arnByUrl.get(name) ?? name;
  }
}
