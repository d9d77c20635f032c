import { describe, expect, it } from '@jest/globals';
import type { TopicChange } from '../../../simulator/cloud/msk.ts';
import { errorOf, gib, hour, minute, mskWorld, startMs } from './msk-world.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const json = (configs: object) => base64(JSON.stringify(configs));
const plain = (text: string) => Buffer.from(text, 'base64').toString();
const day = 24 * hour;
const configsOf = (text: string) => JSON.parse(plain(text)) as Record<string, string>;

/** 80 GiB on each of three brokers: half of it a topic of one day, three tenths a compacted one. */
function world() {
  const made = mskWorld({ usedBytes: () => 80 * gib });
  const { msk, clusterArn, clock, call } = made;
  msk.createTopic(clusterArn, {
    name: 'events',
    partitions: 6,
    replicationFactor: 3,
    configs: { 'retention.ms': String(day), 'max.message.bytes': '2000000' },
    share: 0.5,
  });
  msk.createTopic(clusterArn, {
    name: 'state',
    partitions: 3,
    replicationFactor: 3,
    configs: { 'cleanup.policy': 'compact' },
    share: 0.3,
  });
  const used = (brokerId = 1) => msk.disks(clusterArn).usedBytes(brokerId, clock.nowMs()) / gib;
  const update = (Configs: string, TopicName = 'events') => call('UpdateTopic', { TopicName, Configs });
  const describeTopic = (TopicName = 'events') => call('DescribeTopic', { TopicName });
  return { ...made, used, update, describeTopic };
}

describe('topic APIs', () => {
  it('show topics, internal ones too, by prefix and in pages', () => {
    const { call } = world();
    expect(call('ListTopics').Topics.map(({ TopicName }) => TopicName)).toEqual([
      '__amazon_msk_canary',
      '__consumer_offsets',
      'events',
      'state',
    ]);
    const first = call('ListTopics', { MaxResults: 3 });
    expect(call('ListTopics', { NextToken: first.NextToken }).Topics).toHaveLength(1);
    const [events] = call('ListTopics', { TopicNameFilter: 'ev' }).Topics;
    expect(events).toMatchObject({ TopicName: 'events', PartitionCount: 6, ReplicationFactor: 3 });
    // Nothing in the ARN tells of the topic's making.
    expect(events?.TopicArn).toMatch(
      /^arn:aws:kafka:eu-central-1:123456789012:topic\/orders\/[0-9a-f-]{36}-\d+\/events$/,
    );
  });

  it('show where partitions lie: round the brokers, or as a test says', () => {
    const { msk, clusterArn, call } = world();
    const partitions = call('DescribeTopicPartitions', { TopicName: 'events' }).Partitions;
    expect(partitions.map(({ Partition }) => Partition)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(partitions.every(({ Leader, Replicas }) => Leader === Replicas[0] && new Set(Replicas).size === 3)).toBe(
      true,
    );
    expect(new Set(partitions.map(({ Leader }) => Leader))).toEqual(new Set([1, 2, 3]));

    msk.createTopic(clusterArn, { name: 'hot', partitions: 1, replicationFactor: 2, replicas: [[3, 2]] });
    expect(call('DescribeTopicPartitions', { TopicName: 'hot' }).Partitions).toMatchObject([
      { Partition: 0, Leader: 3, Replicas: [3, 2], Isr: [3, 2] },
    ]);
  });

  it.each([
    ['json', 'effective', { 'retention.ms': String(day), 'retention.bytes': '-1', 'cleanup.policy': 'delete' }],
    ['json', 'set', { 'retention.ms': String(day), 'max.message.bytes': '2000000' }],
  ] as const)('show configs as %s, %s', (_format, describeConfigs, expected) => {
    const { msk, describeTopic } = world();
    msk.switches.describeConfigs = describeConfigs;
    const configs = configsOf(describeTopic().Configs);
    expect(configs).toMatchObject(expected);
    expect('retention.bytes' in configs).toBe(describeConfigs === 'effective');
  });

  it('show and take configs as lines, in the other reading', () => {
    const { msk, clusterArn, describeTopic, update } = world();
    Object.assign(msk.switches, { configsFormat: 'properties', describeConfigs: 'set' });
    expect(plain(describeTopic().Configs)).toBe(`retention.ms=${day}\nmax.message.bytes=2000000`);
    update(base64('retention.ms=3600000\n'));
    expect(msk.topicConfigs(clusterArn, 'events')).toMatchObject({ 'retention.ms': '3600000' });
    expect(errorOf(() => update(json({ 'retention.ms': '1' }))).name).toBe('BadRequestException');
  });

  it('obey at once and show it after their refresh, within a minute', async () => {
    const { clock, msk, clusterArn, update, describeTopic } = world();
    const changes: TopicChange[] = [];
    msk.onTopicChange((change) => changes.push(change));
    await clock.run(startMs + 10 * minute);
    expect(update(json({ 'retention.ms': '7200000' }))).toMatchObject({ Status: 'UPDATING' });
    expect(msk.topicConfigs(clusterArn, 'events')['retention.ms']).toBe('7200000');
    expect(configsOf(describeTopic().Configs)['retention.ms']).toBe(String(day));
    await clock.run(startMs + 11 * minute);
    expect(configsOf(describeTopic().Configs)['retention.ms']).toBe('7200000');
    expect(changes).toMatchObject([
      {
        name: 'events',
        atMs: startMs + 10 * minute,
        by: 'operator',
        before: { 'retention.ms': String(day) },
        after: { 'retention.ms': '7200000' },
      },
    ]);
  });

  it.each([
    ['merge', '2000000'],
    ['replace', '1048588'],
  ] as const)('%s configs', (updateConfigs, expected) => {
    const { msk, clusterArn, update } = world();
    msk.switches.updateConfigs = updateConfigs;
    update(json({ 'retention.ms': '7200000' }));
    expect(msk.topicConfigs(clusterArn, 'events')).toMatchObject({
      'retention.ms': '7200000',
      'max.message.bytes': expected,
    });
  });

  it.each([
    ['configs and partitions at once', { Configs: json({}), PartitionCount: 9 }, 'either configs or partitionCount'],
    ['neither', {}, 'either configs or partitionCount'],
    ['fewer partitions', { PartitionCount: 6 }, 'only be increased'],
    ['what is not Base64', { Configs: '{"a":1}' }, 'Base64'],
    ['what is not JSON', { Configs: base64('retention.ms=1') }, 'JSON'],
    ['numbers', { Configs: json({ 'retention.ms': 1 }) }, 'JSON object of strings'],
    ['a config that Kafka does not have', { Configs: json({ 'retention.millis': '1' }) }, 'Unknown topic config'],
    ['a retention that is no number', { Configs: json({ 'retention.ms': 'soon' }) }, 'Not a number'],
  ])('refuse %s', (_title, input, message) => {
    const { call } = world();
    expect(errorOf(() => call('UpdateTopic', { TopicName: 'events', ...input }))).toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['a serverless cluster', { type: 'SERVERLESS' as const }, 'serverless'],
    ['Kafka before 3.6', { kafkaVersion: '3.5.1' }, '3.6.0'],
  ])('are not there for %s', (_title, cluster, message) => {
    const { call } = mskWorld(cluster);
    expect(errorOf(() => call('ListTopics')).message).toContain(message);
  });

  it('are there from Kafka 3.6 on, also in version 4', () => {
    expect(mskWorld({ kafkaVersion: '3.6.0' }).call('ListTopics').Topics).toHaveLength(2);
    expect(mskWorld({ kafkaVersion: '4.1.x' }).call('ListTopics').Topics).toHaveLength(2);
  });

  it('wait for the cluster to be ACTIVE', () => {
    const { grow, call } = world();
    grow(200);
    expect(errorOf(() => call('ListTopics')).message).toContain('UPDATING');
  });

  it('make and delete topics', async () => {
    const { clock, call, describeTopic } = world();
    const input = { TopicName: 'new', PartitionCount: 3, ReplicationFactor: 3, Configs: json({ 'retention.ms': '1' }) };
    expect(call('CreateTopic', input)).toMatchObject({ Status: 'CREATING' });
    expect(errorOf(() => call('CreateTopic', input)).name).toBe('TopicExistsException');
    expect(errorOf(() => describeTopic('new')).name).toBe('NotFoundException');
    await clock.run(startMs + minute);
    expect(describeTopic('new')).toMatchObject({ Status: 'ACTIVE', PartitionCount: 3 });
    expect(call('DeleteTopic', { TopicName: 'new' })).toMatchObject({ Status: 'DELETING' });
    expect(errorOf(() => call('DeleteTopic', { TopicName: 'new' })).name).toBe('NotFoundException');
    await clock.run(startMs + 2 * minute);
    expect(errorOf(() => describeTopic('new')).name).toBe('NotFoundException');
  });
});

describe('retention', () => {
  it('shortened frees its part of the disks within five minutes, given back it fills again', async () => {
    const { clock, used, update } = world();
    expect(used()).toBe(80);
    update(json({ 'retention.ms': String(day / 4) }));
    await clock.run(startMs + 2.5 * minute);
    expect(used()).toBeCloseTo(80 - 15, 6);
    await clock.run(startMs + 5 * minute);
    expect(used()).toBeCloseTo(80 - 30, 6);
    await clock.run(startMs + hour);
    expect(used()).toBeCloseTo(80 - 30, 6);

    update(json({ 'retention.ms': String(day) }));
    await clock.run(startMs + hour + (day * 3) / 8);
    expect(used()).toBeCloseTo(80 - 15, 6);
    await clock.run(startMs + hour + (day * 3) / 4);
    expect(used()).toBeCloseTo(80, 6);
  });

  it('by bytes counts each partition', async () => {
    const { clock, used, update } = world();
    // 120 GiB of the topic lie in 18 replicas.
    update(json({ 'retention.bytes': String(Math.round((120 / 18 / 2) * gib)) }));
    await clock.run(startMs + hour);
    expect(used()).toBeCloseTo(80 - 20, 6);
    update(json({ 'retention.bytes': '-1' }));
    await clock.run(startMs + 2 * day);
    expect(used()).toBeCloseTo(80, 6);
  });

  it('means nothing to a compacted topic', async () => {
    const { clock, used, update } = world();
    update(json({ 'retention.ms': '1000' }), 'state');
    await clock.run(startMs + hour);
    expect(used()).toBe(80);
  });

  it('frees most where most of the topic lies', async () => {
    const { clock, msk, clusterArn, call } = mskWorld({ usedBytes: () => 80 * gib });
    const replicas = [[1], [1], [2]];
    msk.createTopic(clusterArn, { name: 'hot', partitions: 3, replicationFactor: 1, replicas, share: 0.2 });
    call('UpdateTopic', { TopicName: 'hot', Configs: json({ 'retention.ms': '0' }) });
    await clock.run(startMs + hour);
    const disks = msk.disks(clusterArn);
    const [first = 0, second = 0, third = 0] = [1, 2, 3].map((id) => disks.usedBytes(id, clock.nowMs()) / gib);
    expect(third).toBe(80);
    expect(first).toBeLessThan(second);
    expect(second).toBeLessThan(80);
  });

  it('is part of a topic: deleted, its data goes; created anew, it fills again', async () => {
    const { clock, used, call } = world();
    call('DeleteTopic', { TopicName: 'events' });
    await clock.run(startMs + hour);
    expect(used()).toBeCloseTo(40, 6);
    const again = { TopicName: 'events', PartitionCount: 6, ReplicationFactor: 3 };
    call('CreateTopic', { ...again, Configs: json({ 'retention.ms': String(day / 2) }) });
    await clock.run(startMs + hour + day / 4);
    expect(used()).toBeCloseTo(40 + 10, 6);
    await clock.run(startMs + 3 * day);
    expect(used()).toBeCloseTo(40 + 20, 6);
  });

  it('takes no more than all of it: shares add up to one', () => {
    const { msk, clusterArn } = world();
    const topic = { name: 'more', partitions: 1, replicationFactor: 1 };
    msk.createTopic(clusterArn, { ...topic, share: 0.2 });
    expect(() => msk.createTopic(clusterArn, { ...topic, name: 'most', share: 0.01 })).toThrow(RangeError);
  });
});
