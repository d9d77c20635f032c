/** The template that would be deployed, for tests over all its resources. Each test file synthesizes once. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleet } from '../../infra/load-fleet.ts';
import { synthesize } from '../../infra/synthesize.ts';
import type { Ec2Cluster, Fleet, MskCluster } from '../../functions/fleet/fleet.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  Metadata?: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
}

export const exampleFleet = (): Fleet => loadFleet('examples/fleet.yaml').fleet;
const ec2Clusters = (): Ec2Cluster[] => exampleFleet().clusters.filter((cluster) => cluster.kind === 'ec2');

/** @param name the fleet's, and MSK's too */
export function mskCluster(name: string, change: Partial<MskCluster> & { brokers?: number } = {}): MskCluster {
  const [example] = ec2Clusters();
  if (example === undefined) throw new Error('the example has no brokers on EC2');
  const { policy, maintenanceWindows, retentionRelief } = example;
  return {
    kind: 'msk',
    name,
    mode: 'act',
    policy,
    maintenanceWindows,
    retentionRelief: { ...retentionRelief, enabled: true },
    clusterArn: `arn:aws:kafka:eu-central-1:123456789012:cluster/${name}/6357e0b2-0e6a-4b86-a0b4-70df934c2e31-5`,
    takeOverFromAutoScaling: false,
    skewFractionMax: 0.2,
    ...change,
  };
}

/** The example's brokers on EC2, and these MSK clusters only. */
export const fleetWithMsk = (...clusters: MskCluster[]): Fleet => ({
  ...exampleFleet(),
  clusters: [...ec2Clusters(), ...clusters],
});

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'kafka-autopilot-infra-'));

export async function synthesizeTemplate(
  fleet: Fleet,
  options: { validation?: boolean } = {},
): Promise<{ template: Template; text: string; directory: string }> {
  const directory = await synthesize({ fleet, outdir: join(temporaryFolder(), 'assembly'), ...options });
  const file = readdirSync(directory).find((name) => name.endsWith('.template.json'));
  const text = readFileSync(join(directory, file ?? 'no template'), 'utf8');
  return { template: JSON.parse(text) as Template, text, directory };
}

/** Resources of one type, by logical id. */
export function ofType(template: Template, type: string): [string, Resource][] {
  const found = Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
  if (found.length === 0) throw new Error(`the template has no ${type}`);
  return found;
}

/** What a value refers to: logical ids and pseudo parameters, however deep. */
export function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, content]) => {
    if (key === 'Ref') return [content as string];
    if (key === 'Fn::GetAtt') return [(content as string[])[0] ?? ''];
    return references(content);
  });
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** All statements of the policies that are attached to a role. */
export function statementsOf(template: Template, roleId: string): Statement[] {
  return ofType(template, 'AWS::IAM::Policy')
    .filter(([, policy]) => references(policy.Properties.Roles).includes(roleId))
    .flatMap(([, policy]) => (policy.Properties.PolicyDocument as { Statement: Statement[] }).Statement);
}

/** Sorted, for comparing without order. */
export const sorted = (values: Iterable<unknown>): string[] =>
  [...values].map(String).toSorted((a, b) => (a < b ? -1 : 1));

export const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
