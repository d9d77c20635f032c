/**
 * Topics of an MSK cluster through MSK's own API, which needs no way to the brokers: Provisioned, Kafka 3.6 or later,
 * cluster ACTIVE. What it answers "reflects data that updates approximately every minute"
 * [DG msk-topic-operations-information].
 *
 * `Configs` is Base64 of a text whose form has two sources: a JSON object of names to strings, as the Terraform provider
 * sends and reads it (terraform-provider-aws internal/service/kafka/topic.go, tested against AWS), or lines `name=value`,
 * as the guide's example shows it [DG describe-topic-cli]. Both are read [?]. DescribeTopic lists the effective configs,
 * defaults included, without saying which are which ("server-augmented values", topic.go).
 */
import {
  DescribeTopicCommand,
  DescribeTopicPartitionsCommand,
  type DescribeTopicResponse,
  KafkaClient,
  ListTopicsCommand,
  type TopicInfo,
  UpdateTopicCommand,
} from '@aws-sdk/client-kafka';
import type { Wire } from '../runtime/runtime.ts';
import { answered, errorCode, type FaultTable, type MakeFault, required, toFault } from './classify.ts';
import { retryingClient, singleAttemptClient } from './client.ts';
import { AnswerLost, ClusterNotActive, TopicNotFound, UnknownAwsError, UnknownRefusal } from './faults.ts';
import { mskFaults, refusalKind } from './msk-refusals.ts';
import { pages } from './pages.ts';
import type { Topic, TopicsGateway } from './types.ts';

/** "default maximum 100 results per API call" [MSK API reference, Topics]. */
const PAGE_SIZE = 100;
/** 20,000 topics of a cluster, or partitions of a topic. */
const PAGES_MAX = 200;

const CONFIG_NAME = /^[\w.-]+$/;

const topicNotFound: MakeFault = (message, options) => new TopicNotFound(message, options);
const effectUnknown: MakeFault = (message, options) => new AnswerLost(message, options);
const notActive: MakeFault = (message, options) => new ClusterNotActive(message, options);
const refused: MakeFault = (message, options) => new UnknownRefusal(message, options);

/** UpdateTopic's errors [SDK kafka]. */
const alterFaults: FaultTable = {
  ...mskFaults,
  NotFoundException: topicNotFound,
  UnknownTopicOrPartitionException: topicNotFound,
  BadRequestException: (message, options) =>
    (refusalKind(message) === 'not-active' ? notActive : refused)(message, options),
  KafkaRequestException: refused, // Kafka itself said no, e.g. to a value [?]
  ReassignmentInProgressException: notActive,
  // MSK asked Kafka, and Kafka's answer got lost or came from the wrong broker. [?] which of them mean that nothing was
  // changed: setting the same twice is harmless, so none of them has to.
  ClusterConnectivityException: effectUnknown,
  ControllerMovedException: effectUnknown,
  KafkaTimeoutException: effectUnknown,
  NotControllerException: effectUnknown,
};

export const mskTopicsGateway: Wire<TopicsGateway> = (runtime) => {
  const reading = runtime.connect(new KafkaClient(retryingClient(runtime)));
  const altering = runtime.connect(new KafkaClient(singleAttemptClient(runtime)));

  const described = async (clusterArn: string, name: string): Promise<DescribeTopicResponse | undefined> => {
    try {
      const answer = await reading.send(new DescribeTopicCommand({ ClusterArn: clusterArn, TopicName: name }));
      return answer.Status === 'DELETING' ? undefined : answer;
    } catch (error) {
      if (errorCode(error) === 'NotFoundException') return undefined;
      throw toFault(error, 'read', mskFaults);
    }
  };

  return {
    async list(clusterArn) {
      const found = await pages(async (NextToken) => {
        const command = new ListTopicsCommand({ ClusterArn: clusterArn, MaxResults: PAGE_SIZE, NextToken });
        const page = await answered(reading.send(command), 'read', mskFaults);
        return { items: (page.Topics ?? []).map(toTopic), next: page.NextToken };
      }, PAGES_MAX);
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },

    async describe(clusterArn, name) {
      const answer = await described(clusterArn, name);
      return answer && { ...toTopic(answer), configs: decodeConfigs(answer.Configs) };
    },

    async placement(clusterArn, name) {
      try {
        const found = await pages(async (NextToken) => {
          const page = await reading.send(
            new DescribeTopicPartitionsCommand({
              ClusterArn: clusterArn,
              TopicName: name,
              MaxResults: PAGE_SIZE,
              NextToken,
            }),
          );
          return { items: page.Partitions ?? [], next: page.NextToken };
        }, PAGES_MAX);
        return found
          .map((one) => ({
            partition: required(one.Partition, 'Partition'),
            leader: one.Leader ?? -1, // Kafka's own -1: none
            replicas: required(one.Replicas, 'Replicas'),
          }))
          .sort((a, b) => a.partition - b.partition);
      } catch (error) {
        if (errorCode(error) === 'NotFoundException') return [];
        throw toFault(error, 'read', mskFaults);
      }
    },

    /**
     * Whether UpdateTopic merges or replaces is not documented [?] ("The new topic configurations"; the Terraform
     * provider sends all it wants and `{}` to set none). So everything that DescribeTopic shows is sent with the change:
     * the topic's effective configs are then the same in both readings. The price: defaults become the topic's own, and
     * what somebody else changed within the last minute may be set back. Sent even if it seems to hold already, as that
     * may be a minute old, too.
     */
    async alter(clusterArn, name, configs) {
      const change = Object.entries(configs).flatMap(([key, value]) => (value === null ? [] : [[key, value]]));
      if (change.length < Object.keys(configs).length)
        throw new UnknownRefusal(
          `MSK's topic APIs don't tell a topic's own configs from the others: none is taken away`,
        );
      const present = await described(clusterArn, name);
      if (present === undefined) throw new TopicNotFound(`${clusterArn} has no topic ${name}`);
      const command = new UpdateTopicCommand({
        ClusterArn: clusterArn,
        TopicName: name,
        Configs: changedConfigs(present.Configs, Object.fromEntries(change)),
      });
      await answered(altering.send(command), 'mutation', alterFaults);
    },
  };
};

function toTopic(topic: TopicInfo): Topic {
  return {
    name: required(topic.TopicName, 'TopicName'),
    id: required(topic.TopicArn, 'TopicArn'),
    partitions: required(topic.PartitionCount, 'PartitionCount'),
    replicationFactor: required(topic.ReplicationFactor, 'ReplicationFactor'),
    configs: {},
  };
}

/** In the form in which MSK shows them, being one that it knows. Where it shows nothing, JSON: that was seen to work. */
function changedConfigs(base64: string | undefined, change: Record<string, string>): string {
  const configs = { ...decodeConfigs(base64), ...change };
  const text = textOf(base64);
  const changed =
    text === '' || isJson(text)
      ? JSON.stringify(configs)
      : Object.entries(configs)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n');
  return Buffer.from(changed, 'utf8').toString('base64');
}

function decodeConfigs(base64: string | undefined): Record<string, string> {
  const text = textOf(base64);
  const entries = isJson(text) ? jsonEntries(text) : propertiesEntries(text);
  const odd = entries.find(([name]) => !CONFIG_NAME.test(name));
  if (odd !== undefined) throw new UnknownAwsError(`Configs has an entry ${JSON.stringify(odd[0].slice(0, 80))}`);
  return Object.fromEntries(entries);
}

const textOf = (base64: string | undefined): string =>
  Buffer.from(base64 ?? '', 'base64')
    .toString('utf8')
    .trim();
const isJson = (text: string): boolean => text.startsWith('{');

function jsonEntries(text: string): [string, string][] {
  let parsed: object;
  try {
    parsed = JSON.parse(text) as object;
  } catch (error) {
    throw new UnknownAwsError('Configs is no JSON', { cause: error });
  }
  return Object.entries(parsed as Record<string, unknown>).flatMap(([name, value]): [string, string][] => {
    if (value === null) return []; // not set
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return [[name, String(value)]];
    throw new UnknownAwsError(`Configs has ${name} that is neither a string nor a number`);
  });
}

function propertiesEntries(text: string): [string, string][] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#!]/.test(line))
    .map((line) => {
      const [, name, value] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new UnknownAwsError('Configs is neither JSON nor properties');
      return [name, value];
    });
}
