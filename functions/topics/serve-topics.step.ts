import * as z from 'zod/mini';
import type { Ec2Cluster, Fleet } from '../fleet/fleet.ts';
import type { KafkaTopics } from '../gateways/types.ts';
import { DefectFault, RefusedFault } from '../runtime/fault.ts';

interface Dependencies {
  fleet: Fleet;
  kafka: KafkaTopics;
}

const cluster = z.string();
const name = z.string();
/** Nothing else of a topic is ever changed from here. */
const Configs = z.partialRecord(z.enum(['retention.ms', 'retention.bytes']), z.nullable(z.string()));

const Input = z.discriminatedUnion('call', [
  z.object({ call: z.literal('warm') }),
  z.object({ call: z.literal('list'), cluster }),
  z.object({ call: z.literal('describe'), cluster, name }),
  z.object({ call: z.literal('placement'), cluster, name }),
  z.object({ call: z.literal('sizes'), cluster }),
  z.object({ call: z.literal('alter'), cluster, name, configs: Configs, undo: z.boolean() }),
]);

/**
 * Function `serve-topics`, once in each network: speaks Kafka for steps that run outside. One call an invocation; its
 * answer is that of `TopicsGateway`, null for nothing. Reading twice reads again, altering twice sets the same.
 *
 * Mode observe holds up `alter` here too, except an undo. Pause and leases are in the ledger, which this function does
 * not reach: its caller has checked them. `warm` touches nothing: Lambda takes the network interfaces of a function away
 * that nobody called for 14 days.
 *
 * @throws NoWayToTopics, ObserveOnly; nothing was changed
 * @throws the faults of `kafkaTopics`, by their names
 */
export const serveTopics =
  ({ fleet, kafka }: Dependencies) =>
  async (event: unknown): Promise<unknown> => {
    const parsed = z.safeParse(Input, event);
    if (!parsed.success) throw new DefectFault('InputInvalid', z.prettifyError(parsed.error));
    const input = parsed.data;
    if (input.call === 'warm') return null;
    const { mode, kafka: address } = reachable(fleet, input.cluster);
    switch (input.call) {
      case 'list':
        return kafka.list(address);
      case 'describe':
        return (await kafka.describe(address, input.name)) ?? null;
      case 'placement':
        return kafka.placement(address, input.name);
      case 'sizes':
        return kafka.sizes(address);
      case 'alter':
        if (mode !== 'act' && !input.undo)
          throw new RefusedFault('ObserveOnly', `cluster ${input.cluster} is in mode observe`);
        await kafka.alter(address, input.name, given(input.configs));
        return null;
    }
  };

function reachable(fleet: Fleet, cluster: string): Ec2Cluster & Required<Pick<Ec2Cluster, 'kafka'>> {
  const found = fleet.clusters.find((candidate) => candidate.name === cluster);
  if (found?.kind === 'ec2' && found.kafka !== undefined) return { ...found, kafka: found.kafka };
  throw new RefusedFault('NoWayToTopics', `the fleet file says of no cluster ${cluster} where its brokers listen`);
}

function given(configs: z.infer<typeof Configs>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(configs).filter(([, value]) => value !== undefined));
}
