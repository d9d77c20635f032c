/** Topics of every kind of cluster: MSK's own API where the cluster has an ARN, else a function in its network. */
import type { Wire } from '../runtime/runtime.ts';
import { mskTopicsGateway } from './msk-topics.ts';
import { networkTopicsGateway } from './network-topics.ts';
import type { TopicsGateway } from './types.ts';

export const topicsGateway: Wire<TopicsGateway> = (runtime) => {
  const msk = mskTopicsGateway(runtime);
  const network = networkTopicsGateway(runtime);
  const of = (cluster: string): TopicsGateway => (cluster.startsWith('arn:') ? msk : network);

  return {
    list: (cluster) => of(cluster).list(cluster),
    describe: (cluster, name) => of(cluster).describe(cluster, name),
    placement: (cluster, name) => of(cluster).placement(cluster, name),
    sizes: async (cluster) => of(cluster).sizes?.(cluster),
    alter: (cluster, name, configs, options) => of(cluster).alter(cluster, name, configs, options),
  };
};
