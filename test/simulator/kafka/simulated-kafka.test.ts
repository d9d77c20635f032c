import { describe } from '@jest/globals';
import { SimulatedKafka } from '../../../simulator/kafka/simulated-kafka.ts';
import { kafkaTopicsContract } from '../../contracts/kafka-topics.contract.ts';

describe('the simulated brokers', () => {
  const kafka = new SimulatedKafka({
    listeners: ['127.0.0.1:9092'],
    disks: [{ brokerId: 1, path: '/data', totalBytes: () => 2e9, usableBytes: () => 1e9 }],
  });
  kafkaTopicsContract({
    connector: kafka.connector,
    address: { bootstrapServers: ['127.0.0.1:9092'], security: 'plaintext' },
    createTopic: async (name, partitions = 1, configs = {}) =>
      Promise.resolve(kafka.createTopic(name, { partitions, configs })),
    deleteTopic: async (name) => Promise.resolve(kafka.deleteTopic(name)),
    lock: async (name) => Promise.resolve(kafka.lock(name)),
  });
});
