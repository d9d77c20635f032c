/**
 * AWS on the loopback: answers each call of the functions' clients with a small valid answer, and writes down what was
 * asked. One volume of 130 GiB, which was grown from 100 GiB and whose file system has followed.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { commandId, instanceId, volumeId } from './names.ts';
import { StubLedger } from './stub-ledger.ts';

/** e.g. `dynamodb:GetItem`. */
export type Operation = `${string}:${string}`;

export interface Call {
  operation: Operation;
  /** As it came: JSON, or a form. */
  body: string;
}

export interface StubAws {
  url: string;
  readonly ledger: StubLedger;
  /** What was asked since the last time, in order. */
  taken(): Call[];
  close(): void;
}

const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:demo-storage-scaling:bench';

const ec2 = (operation: string, body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
  `<requestId>bench</requestId>${body}</${operation}Response>`;
const attachment =
  `<attachmentSet><item><volumeId>${volumeId}</volumeId><instanceId>${instanceId}</instanceId>` +
  '<device>/dev/sdf</device><status>attached</status></item></attachmentSet>';
const modification =
  `<volumeId>${volumeId}</volumeId><modificationState>completed</modificationState><originalSize>100</originalSize>` +
  '<targetSize>130</targetSize><startTime>2026-11-20T10:00:00.000Z</startTime><endTime>2026-11-20T12:00:00.000Z</endTime>';

const gibBytes = 1024 ** 3;
const inspected = {
  version: 1,
  script: 'inspect-volume',
  volumes: [
    {
      volumeId,
      devicePath: '/dev/nvme1n1',
      deviceBytes: 130 * gibBytes,
      layout: 'plain',
      supported: true,
      reason: null,
      filesystem: 'xfs',
      filesystemUuid: null,
      mountPoints: ['/data1'],
      filesystemBytes: 130 * gibBytes,
      usedBytes: 80 * gibBytes,
    },
  ],
};
const grown = {
  version: 1,
  script: 'grow-filesystem',
  volumeId,
  mountPoint: '/data1',
  layout: 'plain',
  filesystem: 'xfs',
  devicePath: '/dev/nvme1n1',
  deviceBytes: 130 * gibBytes,
  before: { filesystemBytes: 100 * gibBytes, usedBytes: 80 * gibBytes },
  after: { filesystemBytes: 130 * gibBytes, usedBytes: 80 * gibBytes },
  changed: true,
  steps: ['xfs_growfs'],
};

const answers: Record<Operation, string> = {
  'cloudwatch:GetMetricData': '{"MetricDataResults":[]}',
  'ssm:SendCommand': JSON.stringify({ Command: { CommandId: commandId, Status: 'Pending' } }),
  'states:StartExecution': JSON.stringify({ executionArn, startDate: 1_795_000_000 }),
  'states:DescribeExecution': JSON.stringify({ executionArn, status: 'SUCCEEDED', startDate: 1_795_000_000 }),
  'sns:Publish':
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId>' +
    '</PublishResult><ResponseMetadata><RequestId>bench</RequestId></ResponseMetadata></PublishResponse>',
  'ec2:DescribeInstances': ec2(
    'DescribeInstances',
    `<reservationSet><item><instancesSet><item><instanceId>${instanceId}</instanceId><instanceState><code>16</code>` +
      '<name>running</name></instanceState><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item>' +
      `<deviceName>/dev/sdf</deviceName><ebs><volumeId>${volumeId}</volumeId><status>attached</status></ebs></item>` +
      '</blockDeviceMapping><tagSet><item><key>kafka-cluster</key><value>orders</value></item></tagSet></item>' +
      '</instancesSet></item></reservationSet>',
  ),
  'ec2:DescribeVolumes': ec2(
    'DescribeVolumes',
    `<volumeSet><item><volumeId>${volumeId}</volumeId><size>SIZE</size><volumeType>gp3</volumeType>` +
      `<status>in-use</status><multiAttachEnabled>false</multiAttachEnabled>${attachment}</item></volumeSet>`,
  ),
  'ec2:DescribeVolumesModifications': ec2(
    'DescribeVolumesModifications',
    `<volumeModificationSet><item>${modification}</item></volumeModificationSet>`,
  ),
  'ec2:ModifyVolume': ec2(
    'ModifyVolume',
    `<volumeModification>${modification.replace('completed', 'modifying')}</volumeModification>`,
  ),
};

const invocation = (output: object): string =>
  JSON.stringify({
    CommandId: commandId,
    InstanceId: instanceId,
    Status: 'Success',
    StatusDetails: 'Success',
    ResponseCode: 0,
    StandardOutputContent: JSON.stringify(output),
    StandardErrorContent: '',
  });

const services: Record<string, string> = {
  DynamoDB_20120810: 'dynamodb',
  GraniteServiceVersion20100801: 'cloudwatch',
  AmazonSSM: 'ssm',
  AWSStepFunctions: 'states',
};

function operationOf(request: IncomingMessage, body: string): Operation {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const [service = '', operation = ''] = target.split('.');
    return `${services[service] ?? service}:${operation}`;
  }
  const form = new URLSearchParams(body);
  return `${form.get('Version') === '2010-03-31' ? 'sns' : 'ec2'}:${form.get('Action') ?? ''}`;
}

/** @param verb the function that asks: what a command printed depends on which one was sent */
function answerTo({ operation, body }: Call, ledger: StubLedger, verb: string): string {
  const [service, name = ''] = operation.split(':');
  if (service === 'dynamodb') return JSON.stringify(ledger.answer(name, body));
  if (operation === 'ssm:GetCommandInvocation') return invocation(/inspect/.test(verb) ? inspected : grown);
  return (answers[operation] ?? '{}').replace('SIZE', verb === 'apply' ? '100' : '130');
}

export async function startStubAws(): Promise<StubAws> {
  let asked: Call[] = [];
  const ledger = new StubLedger();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const call = { operation: operationOf(request, body), body };
      asked.push(call);
      const answer = answerTo(call, ledger, (request.url ?? '').split('/')[1] ?? '');
      const type = answer.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.0';
      response.writeHead(200, { 'content-type': type, 'x-amzn-requestid': 'bench' }).end(answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    ledger,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
