/** Application Auto Scaling, as far as it owns the storage of MSK clusters (aws-facts 1.4). */
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  type ScalableTarget,
} from '@aws-sdk/client-application-auto-scaling';
import type { Wire } from '../runtime/runtime.ts';
import { answered, required } from './classify.ts';
import { batches, retryingClient } from './client.ts';
import { pages } from './pages.ts';
import type { ScalingOwnersGateway } from './types.ts';

/** Ids of one call, and targets of one page: "between 1 and 50" [SDK application-auto-scaling]. */
const IDS_MAX = 50;
/** One batch has at most one target for each id: more is a token that runs in a circle. */
const PAGES_MAX = 10;

export const scalingOwnersGateway: Wire<ScalingOwnersGateway> = (runtime) => {
  const client = runtime.connect(new ApplicationAutoScalingClient(retryingClient(runtime)));

  const targets = (ResourceIds: string[]) =>
    pages(async (NextToken) => {
      const command = new DescribeScalableTargetsCommand({
        ServiceNamespace: 'kafka',
        ScalableDimension: 'kafka:broker-storage:VolumeSize',
        ResourceIds,
        MaxResults: IDS_MAX,
        NextToken,
      });
      const page = await answered(client.send(command), 'read');
      return { items: (page.ScalableTargets ?? []).map(toTarget), next: page.NextToken };
    }, PAGES_MAX);

  return {
    /** A suspended target is one, too: whoever suspended it may resume it at any time. */
    async storageTargets(clusterArns) {
      const all = [];
      for (const group of batches([...new Set(clusterArns)], IDS_MAX)) all.push(...(await targets(group)));
      return all.sort((a, b) => (a.clusterArn < b.clusterArn ? -1 : 1));
    },
  };
};

/** An MSK target's id is its cluster's ARN (aws-facts 1.4). */
function toTarget(target: ScalableTarget) {
  return {
    clusterArn: required(target.ResourceId, 'ResourceId'),
    sizeGibMax: required(target.MaxCapacity, 'MaxCapacity'),
  };
}
