import { describe, expect, it } from '@jest/globals';
import { notifyGateway } from '../../functions/gateways/notify.ts';
import { form, wired, xml } from './http.ts';

const TOPIC_ARN = 'arn:aws:sns:eu-central-1:111122223333:autopilot';
const published = xml(
  '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>',
);

describe('publish', () => {
  it('sends text and attributes to the topic', async () => {
    const { runtime, bodies } = wired(() => published, { TOPIC_ARN });
    await notifyGateway(runtime).publish({
      subject: 'vol-1 grew',
      text: 'a\nb',
      attributes: { cluster: 'orders', none: '' },
    });
    const sent = form(bodies[0]);
    expect(sent).toMatchObject({
      Action: 'Publish',
      TopicArn: TOPIC_ARN,
      Subject: 'vol-1 grew',
      Message: 'a\nb',
      'MessageAttributes.entry.1.Name': 'cluster',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'orders',
    });
    expect(sent['MessageAttributes.entry.2.Name']).toBeUndefined();
  });

  it('cuts the subject to what SNS takes: one line, ASCII, below 100 characters', async () => {
    const { runtime, bodies } = wired(() => published, { TOPIC_ARN });
    await notifyGateway(runtime).publish({ subject: `größer\n${'x'.repeat(120)}`, text: 't', attributes: {} });
    expect(form(bodies[0]).Subject).toMatch(/^gr\?er\?x{93}$/);
  });

  it('needs its topic', async () => {
    const { runtime } = wired(() => published);
    await expect(notifyGateway(runtime).publish({ subject: 's', text: 't', attributes: {} })).rejects.toMatchObject({
      name: 'MissingSetting',
    });
  });

  it('says who may not publish', async () => {
    const denied = xml(
      '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>',
      403,
    );
    const { runtime } = wired(() => denied, { TOPIC_ARN });
    await expect(notifyGateway(runtime).publish({ subject: 's', text: 't', attributes: {} })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
