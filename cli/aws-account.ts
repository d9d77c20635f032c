/**
 * The real account: credentials, Region and profile as the SDK finds them. Reads with the operator's own permissions;
 * mutations are invocations of deployed functions.
 */
import { randomUUID } from 'node:crypto';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Fleet } from '../functions/fleet/fleet.ts';
import { answered, required } from '../functions/gateways/classify.ts';
import { retryingClient } from '../functions/gateways/client.ts';
import { ebsGateway } from '../functions/gateways/ebs.ts';
import { ledgerGateway } from '../functions/gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../functions/gateways/metrics.ts';
import { mskTopicsGateway } from '../functions/gateways/msk-topics.ts';
import { mskGateway } from '../functions/gateways/msk.ts';
import { scalingOwnersGateway } from '../functions/gateways/scaling-owners.ts';
import { production, type Runtime } from '../functions/runtime/runtime.ts';
import type { Account } from './account.ts';
import { deployedFunctions } from './functions.ts';
import { growthOf } from './growth.ts';
import { Refused } from './outcome.ts';

interface Home {
  account?: string;
  region?: string;
}

const ownFile = 'Clusters of another account or Region belong in a fleet file of their own, deployed there.';

/**
 * @param home where fleet.yaml says that the fleet lives
 * @param asked `--region`
 * @throws Refused for another account or Region than the fleet's
 */
export async function openAwsAccount(fleet: Fleet, home: Home, asked?: string): Promise<Account> {
  const at = asked ?? home.region;
  if (home.region !== undefined && at !== home.region) {
    throw new Refused('other-region', `the fleet lives in ${home.region}, not in ${at}. ${ownFile}`);
  }
  const base = production();
  const runtime: Runtime = {
    ...base,
    environment: { LEDGER_TABLE: `${fleet.name}-ledger`, ...base.environment },
    clientDefaults: at === undefined ? {} : { region: at },
  };
  const functions = deployedFunctions(runtime, fleet.name);
  const identity = await whoAmI(runtime);
  if (home.account !== undefined && identity.account !== home.account) {
    throw new Refused(
      'other-account',
      `the fleet lives in account ${home.account}, these credentials are of ${identity.account}: use a --profile of ${home.account}. ${ownFile}`,
    );
  }
  const { clock } = runtime;
  const gateways = {
    ledger: ledgerGateway(runtime),
    ebs: ebsGateway(runtime),
    msk: mskGateway(runtime),
    scalingOwners: scalingOwnersGateway(runtime),
    metrics: metricsGateway(runtime),
  };
  return {
    fleet,
    clock,
    ...gateways,
    topics: mskTopicsGateway(runtime),
    invoke: functions,
    ...growthOf(() => ({ ...gateways, nowMs: clock.nowMs() }), fleet),
    caller: () => Promise.resolve(identity.arn),
    newRequestId: () => randomUUID(),
    dimensionsOf: (metric) => dimensionsOf(runtime, metric),
  };
}

async function whoAmI(runtime: Runtime): Promise<{ account: string; arn: string }> {
  const client = new STSClient(retryingClient(runtime));
  const { Account, Arn } = await answered(client.send(new GetCallerIdentityCommand({})), 'read');
  return { account: required(Account, 'Account'), arn: required(Arn, 'Arn') };
}

async function dimensionsOf(
  runtime: Runtime,
  metric: { namespace: string; name: string; instanceId: string },
): Promise<string[][]> {
  const client = new CloudWatchClient(retryingClient(runtime));
  const command = new ListMetricsCommand({
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: [{ Name: 'InstanceId', Value: metric.instanceId }],
  });
  const { Metrics = [] } = await answered(client.send(command), 'read');
  const names = Metrics.map(({ Dimensions = [] }) =>
    Dimensions.map(({ Name }) => String(Name)).sort((a, b) => a.localeCompare(b)),
  );
  return [...new Map(names.map((list) => [list.join(), list])).values()];
}
