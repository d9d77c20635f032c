/** Which brokers are reached from where: a function has a way to those of its subnets, and outside any network to none. */
import type { KafkaConnector } from '../../functions/runtime/kafka-connector.ts';
import type { SimulatedKafka } from './simulated-kafka.ts';

export class KafkaNetworks {
  readonly #clusters: { subnetIds: readonly string[]; kafka: SimulatedKafka }[] = [];

  /** @param subnetIds from each of which the brokers are reached */
  add<K extends SimulatedKafka>(subnetIds: readonly string[], kafka: K): K {
    this.#clusters.push({ subnetIds, kafka });
    return kafka;
  }

  /** Lambda runs a function in any of its subnets: only what all of them reach is reached. */
  from(subnetIds: readonly string[] | undefined): KafkaConnector {
    return async (address) => {
      const reached = this.#clusters.find(
        ({ subnetIds: near, kafka }) =>
          subnetIds?.every((id) => near.includes(id)) === true && kafka.listensAt(address.bootstrapServers),
      );
      if (reached === undefined)
        throw Object.assign(new Error(`no way to ${address.bootstrapServers.join(', ')}`), { code: 'ETIMEDOUT' });
      return reached.kafka.connector(address);
    };
  }
}
