/** From source to template in this process: bundles, builds the app, synthesizes. Needs no AWS account. */
import { join } from 'node:path';
import { App, type Environment, Stack, Tags, Validations } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Fleet } from '../functions/fleet/fleet.ts';
import { bundle, findEntries, projectRoot, writeIfChanged } from './bundle.ts';
import { networkVerbs, verbs } from './function-table.ts';
import { KafkaAutopilot, type KafkaAutopilotProps } from './kafka-autopilot.ts';
import { loadFleet } from './load-fleet.ts';
import { usedNetworks } from './networks.ts';

export interface SynthesizeOptions {
  /** Normalised, or the path of a `fleet.yaml`. */
  fleet: Fleet | string;
  /** Where the cloud assembly goes. */
  outdir: string;
  /** Where bundles go; `<outdir>.dist` by default. */
  dist?: string;
  /** CloudFormation's schema checks and cdk-nag: 3 s more, so off for the main command and on for deploying and CI. */
  validation?: boolean;
}

/** What `cdk init` turns on today and that matters here: a version is named by all that is in it, its layers too. */
const context = {
  '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
};

/** @throws Error when a function of the table has no source, or the other way round */
export async function prepareDist(fleet: Fleet, dist: string): Promise<void> {
  const hasNetworks = Object.keys(usedNetworks(fleet)).length > 0;
  const entries = findEntries().filter(({ verb }) => hasNetworks || !networkVerbs.includes(verb));
  const found = entries.map(({ verb }) => verb);
  const missing = verbs.filter((verb) => !found.includes(verb));
  const unknown = found.filter((verb) => !(verbs as string[]).includes(verb) && !networkVerbs.includes(verb));
  if (missing.length > 0) throw new Error(`no functions/<room>/<verb>.lambda.ts for ${missing.join(', ')}`);
  if (unknown.length > 0) throw new Error(`not in infra/function-table.ts: ${unknown.join(', ')}`);
  await bundle(entries, dist);
  writeIfChanged(join(dist, 'fleet', 'fleet.json'), Buffer.from(`${JSON.stringify(fleet, null, 2)}\n`));
}

export const newApp = (outdir?: string): App =>
  new App({ context, analyticsReporting: false, ...(outdir !== undefined && { outdir }) });

export interface StackOptions extends Omit<KafkaAutopilotProps, 'fleet' | 'ledger'> {
  fleet: Fleet;
  /** The name of a ledger that an earlier stack left behind. */
  ledgerTable?: string;
  /** Refuses to be deployed anywhere else. */
  env?: Environment;
  /** Runs cdk-nag's rules. Default: true. */
  rules?: boolean;
}

/** One stack, named as the fleet, with the construct in it and nothing else. */
export function addStack(app: App, { ledgerTable, env, rules = true, ...props }: StackOptions): Stack {
  const { fleet, namePrefix = fleet.name } = props;
  const stack = new Stack(app, namePrefix, {
    description: `kafka-autopilot: storage of the Kafka fleet ${fleet.name}`,
    terminationProtection: true,
    // A third of a large fleet's template would be blanks, and CloudFormation takes 1 MB.
    suppressTemplateIndentation: true,
    ...(env && { env }),
  });
  const ledger = ledgerTable === undefined ? undefined : Table.fromTableName(stack, 'Ledger', ledgerTable);
  new KafkaAutopilot(stack, 'KafkaAutopilot', { ...props, ...(ledger && { ledger }) });
  Tags.of(stack).add('kafka-autopilot', fleet.name);
  if (rules) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return stack;
}

/** @returns the cloud assembly's folder; its stack is named as the fleet */
export async function synthesize(options: SynthesizeOptions): Promise<string> {
  const { outdir, validation = false, dist = `${outdir}.dist` } = options;
  const fleet = typeof options.fleet === 'string' ? loadFleet(options.fleet).fleet : options.fleet;
  await prepareDist(fleet, dist);
  return withValidation(validation, () => {
    const app = newApp(outdir);
    addStack(app, { fleet, dist, rules: validation });
    return app.synth().directory;
  });
}

/** The CDK offers this switch as an environment variable only. */
function withValidation<T>(on: boolean, work: () => T): T {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = String(on);
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = before;
  }
}

export const defaultDist = join(projectRoot, 'dist');
