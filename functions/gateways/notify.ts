/** Notices to people, through one SNS topic. Needs TOPIC_ARN. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { setting, type Wire } from '../runtime/runtime.ts';
import { answered } from './classify.ts';
import { retryingClient } from './client.ts';
import type { NotifyGateway } from './types.ts';

/** "ASCII text … fewer than 100 characters", no line breaks or control characters [SDK sns PublishInput.Subject]. */
const SUBJECT_MAX = 99;
/** A message may have 256 KiB with its attributes [SDK sns]; four bytes a character at worst. */
const TEXT_MAX = 60_000;

export const notifyGateway: Wire<NotifyGateway> = (runtime) => {
  const client = runtime.connect(new SNSClient(retryingClient(runtime)));

  return {
    /** A repeated notice is harmless: the SDK may retry. */
    async publish({ subject, text, attributes }) {
      const command = new PublishCommand({
        TopicArn: setting(runtime, 'TOPIC_ARN'),
        Subject: toSubject(subject),
        Message: text.slice(0, TEXT_MAX),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes)
            .filter(([, value]) => value !== '') // SNS refuses empty values
            .map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      });
      await answered(client.send(command), 'mutation');
    },
  };
};

function toSubject(subject: string): string {
  return subject
    .replaceAll(/[^\x20-\x7E]+/g, '?')
    .trim()
    .slice(0, SUBJECT_MAX);
}
