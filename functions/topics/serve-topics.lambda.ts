import { fleetFile } from '../fleet/load.ts';
import { kafkaTopicsGateway } from '../gateways/kafka.ts';
import { lambda } from '../runtime/lambda.ts';
import { serveTopics } from './serve-topics.step.ts';

export const handler = lambda(serveTopics, { fleet: fleetFile, kafka: kafkaTopicsGateway });
