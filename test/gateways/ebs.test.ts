import { describe, expect, it } from '@jest/globals';
import { ebsGateway } from '../../functions/gateways/ebs.ts';
import { VolumeModificationLimit } from '../../functions/gateways/faults.ts';
import { ec2Error, form, NOW_MS, type Reply, wired, xml } from './http.ts';

const NAMESPACE = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';

const instanceXml = (id: string, tag = 'orders') => `<item><reservationId>r-${id}</reservationId><instancesSet><item>
  <instanceId>${id}</instanceId><instanceState><code>16</code><name>running</name></instanceState>
  <rootDeviceName>/dev/xvda</rootDeviceName>
  <blockDeviceMapping>
    <item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-root</volumeId><status>attached</status></ebs></item>
    <item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-1</volumeId><status>attached</status></ebs></item>
  </blockDeviceMapping>
  <tagSet><item><key>kafka-cluster</key><value>${tag}</value></item><item><key>empty</key><value/></item></tagSet>
</item></instancesSet></item>`;

const instancesXml = (items: string, next = '') =>
  xml(
    `<DescribeInstancesResponse ${NAMESPACE}><reservationSet>${items}</reservationSet>${next && `<nextToken>${next}</nextToken>`}</DescribeInstancesResponse>`,
  );

const volumeXml = (id: string, more = '') => `<item><volumeId>${id}</volumeId><size>100</size><snapshotId/>
  <availabilityZone>eu-central-1a</availabilityZone><status>in-use</status><createTime>2026-01-01T00:00:00.000Z</createTime>
  <attachmentSet><item><volumeId>${id}</volumeId><instanceId>i-1</instanceId><device>/dev/sdf</device><status>attached</status>
    <attachTime>2026-01-01T00:00:00.000Z</attachTime><deleteOnTermination>false</deleteOnTermination></item></attachmentSet>
  <volumeType>gp3</volumeType><iops>3000</iops><throughput>125</throughput><encrypted>true</encrypted>
  <multiAttachEnabled>false</multiAttachEnabled>${more}</item>`;

const volumesXml = (items: string, next = '') =>
  xml(
    `<DescribeVolumesResponse ${NAMESPACE}><volumeSet>${items}</volumeSet>${next && `<nextToken>${next}</nextToken>`}</DescribeVolumesResponse>`,
  );

const MODIFICATION = `<volumeId>vol-1</volumeId><modificationState>modifying</modificationState>
  <originalSize>100</originalSize><targetSize>150</targetSize><originalVolumeType>gp3</originalVolumeType>
  <targetVolumeType>gp3</targetVolumeType><progress>0</progress><startTime>2026-01-15T09:59:58.123Z</startTime>`;

const modifyXml = (inner = MODIFICATION) =>
  xml(`<ModifyVolumeResponse ${NAMESPACE}><volumeModification>${inner}</volumeModification></ModifyVolumeResponse>`);

const growing = (reply: Reply) => {
  const wire = wired(() => reply);
  return { ...wire, grown: ebsGateway(wire.runtime).modify({ volumeId: 'vol-1', sizeGib: 150 }) };
};

describe('brokers by tag', () => {
  it('asks for live instances with all tags, page by page, and gives them sorted', async () => {
    const { runtime, bodies } = wired((_body, count) =>
      count === 0 ? instancesXml(instanceXml('i-2'), 'page-2') : instancesXml(instanceXml('i-1')),
    );
    const brokers = await ebsGateway(runtime).brokers({ tags: { 'kafka-cluster': 'orders' } });

    expect(form(bodies[0])).toMatchObject({
      Action: 'DescribeInstances',
      'Filter.1.Name': 'instance-state-name',
      'Filter.1.Value.4': 'stopped',
      'Filter.2.Name': 'tag:kafka-cluster',
      'Filter.2.Value.1': 'orders',
      MaxResults: '1000',
    });
    expect(form(bodies[1])).toMatchObject({ NextToken: 'page-2' });
    expect(brokers.map((broker) => broker.instanceId)).toEqual(['i-1', 'i-2']);
    expect(brokers[0]).toEqual({
      instanceId: 'i-1',
      state: 'running',
      rootDeviceName: '/dev/xvda',
      tags: { 'kafka-cluster': 'orders', empty: '' },
      blockDevices: [
        { volumeId: 'vol-root', deviceName: '/dev/xvda' },
        { volumeId: 'vol-1', deviceName: '/dev/sdf' },
      ],
    });
  });

  it('takes wildcards in a tag literally', async () => {
    const { runtime, bodies } = wired(() => instancesXml(instanceXml('i-1', 'orders')));
    await expect(ebsGateway(runtime).brokers({ tags: { 'kafka-cluster': 'ord*' } })).resolves.toEqual([]);
    expect(form(bodies[0])['Filter.2.Value.1']).toBe(String.raw`ord\*`);
  });

  it('refuses to select by nothing', async () => {
    const { runtime, bodies } = wired(() => instancesXml(''));
    await expect(ebsGateway(runtime).brokers({ tags: {} })).rejects.toMatchObject({ faultClass: 'defect' });
    expect(bodies).toEqual([]);
  });

  it('treats an instance without a state as a defect, not as stopped', async () => {
    const reply = instancesXml(instanceXml('i-1').replace(/<instanceState>.*<\/instanceState>/, ''));
    const { runtime } = wired(() => reply);
    await expect(ebsGateway(runtime).brokers({ instanceIds: ['i-1'] })).rejects.toMatchObject({
      name: 'UnknownAwsError',
    });
  });
});

describe('volumes', () => {
  it('are read in batches of 200 instances and once each', async () => {
    const { runtime, bodies } = wired(() => volumesXml(volumeXml('vol-1')));
    const ids = Array.from({ length: 201 }, (_, at) => `i-${at}`);
    const volumes = await ebsGateway(runtime).volumesOf(ids);

    expect(bodies).toHaveLength(2);
    expect(form(bodies[0])).toMatchObject({ 'Filter.1.Name': 'attachment.instance-id', 'Filter.1.Value.200': 'i-199' });
    expect(form(bodies[1])).toMatchObject({ 'Filter.1.Value.1': 'i-200' });
    expect(volumes).toEqual([
      {
        volumeId: 'vol-1',
        sizeGib: 100,
        type: 'gp3',
        iops: 3000,
        throughputMibps: 125,
        state: 'in-use',
        multiAttach: false,
        attachments: [{ instanceId: 'i-1', deviceName: '/dev/sdf', state: 'attached' }],
        tags: {},
      },
    ]);
  });

  it('managed by an AWS service say by which', async () => {
    const operator = '<operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator>';
    const { runtime } = wired(() => volumesXml(volumeXml('vol-1', operator)));
    await expect(ebsGateway(runtime).volume('vol-1')).resolves.toMatchObject({ managedBy: 'eks.amazonaws.com' });
  });

  it('that do not exist are undefined', async () => {
    const { runtime } = wired(() => volumesXml(''));
    await expect(ebsGateway(runtime).volume('vol-9')).resolves.toBeUndefined();
  });

  it.each([
    ['without a size', volumeXml('vol-1').replace('<size>100</size>', '')],
    ['of an unknown type', volumeXml('vol-1').replace('gp3', 'gp9')],
  ])('%s are a defect', async (_title, item) => {
    const { runtime } = wired(() => volumesXml(item));
    await expect(ebsGateway(runtime).volume('vol-1')).rejects.toMatchObject({ name: 'UnknownAwsError' });
  });

  it('are read again by the SDK when EC2 throttles with 503', async () => {
    const { runtime, bodies } = wired((_body, count) =>
      count === 0 ? ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503) : volumesXml(volumeXml('vol-1')),
    );
    await expect(ebsGateway(runtime).volume('vol-1')).resolves.toBeDefined();
    expect(bodies).toHaveLength(2);
  });
});

describe('modifications', () => {
  it('are the latest of each volume, with times in milliseconds', async () => {
    const item = `<item>${MODIFICATION.replace('modifying', 'completed')}<endTime>2026-01-15T12:00:00.000Z</endTime></item>`;
    const { runtime, bodies } = wired(() =>
      xml(
        `<DescribeVolumesModificationsResponse ${NAMESPACE}><volumeModificationSet>${item}</volumeModificationSet></DescribeVolumesModificationsResponse>`,
      ),
    );
    await expect(ebsGateway(runtime).modifications(['vol-1', 'vol-1'])).resolves.toEqual([
      {
        volumeId: 'vol-1',
        state: 'completed',
        originalGib: 100,
        targetGib: 150,
        startedAtMs: Date.UTC(2026, 0, 15, 9, 59, 58, 123),
        endedAtMs: Date.UTC(2026, 0, 15, 12),
      },
    ]);
    expect(form(bodies[0])).toMatchObject({ 'Filter.1.Name': 'volume-id', 'Filter.1.Value.1': 'vol-1' });
    expect(form(bodies[0])['Filter.1.Value.2']).toBeUndefined();
  });

  it('of no volumes ask nothing', async () => {
    const { runtime, bodies } = wired(() => new Error('nobody should ask'));
    await expect(ebsGateway(runtime).modifications([])).resolves.toEqual([]);
    expect(bodies).toEqual([]);
  });
});

describe('modify', () => {
  it('sends the size in GiB and gives the modification', async () => {
    const { grown, bodies } = growing(modifyXml());
    await expect(grown).resolves.toMatchObject({ state: 'modifying', originalGib: 100, targetGib: 150 });
    expect(form(bodies[0])).toMatchObject({ Action: 'ModifyVolume', VolumeId: 'vol-1', Size: '150' });
  });

  it.each([
    ['IncorrectModificationState', 'ModificationInProgress', 'transient'],
    ['VolumeLimitExceeded', 'VolumeQuotaExceeded', 'refused'],
    ['InvalidVolume.NotFound', 'VolumeNotFound', 'refused'],
    ['UnauthorizedOperation', 'AccessDenied', 'refused'],
    ['OperationNotPermitted', 'UnsupportedVolume', 'refused'],
    ['SomethingNew', 'UnknownAwsError', 'defect'],
  ])('%s is %s', async (code, name, faultClass) => {
    const { grown, bodies } = growing(ec2Error(code, 'no'));
    await expect(grown).rejects.toMatchObject({ name, faultClass });
    expect(bodies).toHaveLength(1);
  });

  it.each([
    ['throttled with 503: nothing was changed', ec2Error('RequestLimitExceeded', 'slow down', 503), 'Throttled'],
    [
      'an internal error: effect unknown',
      ec2Error('InternalError', 'An internal error has occurred', 500),
      'AnswerLost',
    ],
    [
      'a reset connection: effect unknown',
      Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
      'AnswerLost',
    ],
    ['a time-out: effect unknown', Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 'AnswerLost'],
    ['an answer that cannot be parsed: effect unknown', xml('<Modify'), 'AnswerLost'],
    ['an answer without its modification: effect unknown', modifyXml('<volumeId>vol-1</volumeId>'), 'AnswerLost'],
  ])('is never sent twice: %s', async (_title, reply, name) => {
    const { grown, bodies } = growing(reply);
    await expect(grown).rejects.toMatchObject({ name, faultClass: 'transient' });
    expect(bodies).toHaveLength(1);
  });

  it.each([
    [
      'the older rule names a distance, not a time',
      "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.",
      { spacingMs: 6 * 3_600_000 },
    ],
    [
      'the newer one a time',
      'You can modify the volume up to 4 times in a 24-hour period. You can perform your next modification after 2026-01-15T13:30:00Z.',
      { retryAtMs: Date.UTC(2026, 0, 15, 13, 30) },
    ],
    [
      'or a time without T and with UTC',
      'The next modification is possible at 2026-01-15 13:30:00 UTC',
      { retryAtMs: Date.UTC(2026, 0, 15, 13, 30) },
    ],
    ['or a wait', 'Limit reached. Try again in 3 hours and 20 minutes.', { retryAtMs: NOW_MS + 12_000_000 }],
    ['or nothing', 'You have reached the limit of 4 modifications in a rolling 24-hour period.', {}],
    ['or something impossible', 'You can perform your next modification after 2031-01-15T13:30:00Z.', {}],
  ])('a rate limit is read loosely: %s', async (_title, message, when) => {
    const { grown } = growing(ec2Error('VolumeModificationRateExceeded', message));
    const fault = await grown.catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(VolumeModificationLimit);
    const { retryAtMs, spacingMs } = fault as VolumeModificationLimit;
    expect({ retryAtMs, spacingMs }).toEqual({ retryAtMs: undefined, spacingMs: undefined, ...when });
  });
});
