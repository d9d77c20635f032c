import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { findEntries } from '../../infra/bundle.ts';
import { networkVerbs, specOf, type Verb, workflows } from '../../infra/function-table.ts';
import { namedClustersCharactersMax } from '../../infra/permissions.ts';
import {
  fleetWithMsk,
  list,
  mskCluster,
  ofType,
  references,
  sorted,
  type Statement,
  statementsOf,
  synthesizeTemplate,
  type Template,
} from './synthesized.ts';

const entries = findEntries().filter(({ verb }) => !networkVerbs.includes(verb));

let template: Template;
let withoutMsk: Template;
beforeAll(async () => {
  ({ template } = await synthesizeTemplate(fleetWithMsk(mskCluster('payments'))));
  ({ template: withoutMsk } = await synthesizeTemplate(fleetWithMsk()));
});

const entryOf = (metadata: Record<string, unknown> | undefined) => metadata?.['kafka-autopilot:entry'];

function functionOf(file: string, of = template) {
  const found = ofType(of, 'AWS::Lambda::Function').filter(([, { Metadata }]) => entryOf(Metadata) === file);
  expect([file, found.length]).toEqual([file, 1]);
  const [[id, resource] = ['', undefined]] = found;
  return { id, properties: resource?.Properties ?? {} };
}

/** A module and all of ours that it loads, types aside. */
function sources(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imported = [...text.matchAll(/^(?:import(?! type)|export)[^;]*? from '(\.[^']+)';/gms)].map((match) =>
    normalize(join(dirname(file), match[1] ?? '')),
  );
  return [text, ...imported.flatMap((next) => sources(next, seen))];
}

const settingsIn = (texts: string[]): string[] =>
  texts.flatMap((text) => [...text.matchAll(/setting\(\s*runtime,\s*'(\w+)'/g)].map((match) => match[1] ?? ''));

/** By name, of those that a function wires itself or by a list for every kind of cluster. */
function gatewaysOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const named = [...text.matchAll(/gateways\/([\w-]+)/g)].map((match) => match[1] ?? '');
  const [, services] = /from '(\.[^']*\/services\.ts)'/.exec(text) ?? [];
  return [...named, ...(services === undefined ? [] : gatewaysOf(normalize(join(dirname(file), services))))];
}

/** IAM's service prefixes behind a gateway. */
function prefixesOf(gateway: string, verb: string): string[] {
  // Whoever meets every kind wires this one, too; these ask who else scales a cluster.
  if (gateway === 'scaling-owners') {
    return ['observe', 'apply', 'plan-sweep'].includes(verb) ? ['application-autoscaling'] : [];
  }
  if (gateway === 'schedule') return verb === 'arm-relief' ? ['scheduler', 'iam'] : ['scheduler'];
  const services: Record<string, string[]> = {
    ledger: ['dynamodb'],
    ebs: ['ec2'],
    msk: ['kafka'],
    'msk-topics': ['kafka', 'kafka-cluster'],
    // And lambda, where the fleet has networks (networks.test.ts).
    topics: ['kafka', 'kafka-cluster'],
    ssm: ['ssm'],
    metrics: ['cloudwatch'],
    notify: ['sns'],
    objects: ['s3'],
    workflows: ['states'],
  };
  return services[gateway] ?? [`unknown gateway ${gateway}`];
}

const servicesOf = (of: Template, { Role }: Record<string, unknown>): Set<string> =>
  new Set(
    statementsOf(of, references(Role)[0] ?? '').flatMap(({ Action }) =>
      list(Action).map((action) => action.split(':')[0] ?? ''),
    ),
  );

/** Functions whose role allows an action. */
const allowed = (action: string) =>
  ofType(template, 'AWS::Lambda::Function').filter(([, { Properties }]) =>
    statementsOf(template, references(Properties.Role)[0] ?? '').some(({ Action }) => list(Action).includes(action)),
  );

const names = (action: string) => allowed(action).map(([, { Properties }]) => Properties.FunctionName);

describe('deployed functions', () => {
  it('are exactly those that there is source for', () => {
    const deployed = ofType(template, 'AWS::Lambda::Function').map(([, { Metadata }]) => entryOf(Metadata));
    expect(sorted(deployed)).toEqual(sorted(entries.map(({ file }) => file)));
  });

  it.each(entries)('$verb has the settings that its code asks for, and no other', ({ verb, file }) => {
    const { Variables = {} } = (functionOf(file).properties.Environment ?? {}) as {
      Variables?: Record<string, unknown>;
    };
    const asked = new Set(settingsIn(sources(file)));
    // The workflows gateway asks by the workflow's name, for the function that starts workflows.
    if (specOf(verb as Verb).permissions.includes('start-workflows')) {
      for (const name of workflows) asked.add(`WORKFLOW_${name.replaceAll('-', '_').toUpperCase()}`);
    }
    expect(sorted(Object.keys(Variables))).toEqual(sorted(asked));
  });

  it.each(entries)('$verb may do what its gateways do, and no more', ({ verb, file }) => {
    const { properties } = functionOf(file);
    const expected = ['logs', ...gatewaysOf(file).flatMap((gateway) => prefixesOf(gateway, verb))];
    if (properties.DeadLetterConfig !== undefined) expected.push('sqs');
    expect(sorted(servicesOf(template, properties))).toEqual(sorted(new Set(expected)));
  });

  it.each(entries)('$verb may do nothing with MSK where the fleet has no such cluster', ({ file }) => {
    const [present, absent] = [template, withoutMsk].map((of) => servicesOf(of, functionOf(file, of).properties));
    const ofMsk = new Set(['kafka', 'kafka-cluster', 'application-autoscaling']);
    expect(sorted(absent ?? [])).toEqual(sorted([...(present ?? [])].filter((service) => !ofMsk.has(service))));
  });

  it('run on one runtime, with a log group of their own, the fleet’s layer, and a published version that is kept', () => {
    const versions = ofType(template, 'AWS::Lambda::Version');
    for (const [id, { Properties }] of ofType(template, 'AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
      expect(references((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup)).toHaveLength(1);
      expect(Properties.Layers).toHaveLength(1);
      const own = versions.filter(([, version]) => references(version.Properties).includes(id));
      expect(own.map(([, version]) => version.DeletionPolicy)).toEqual(['Retain']);
    }
  });

  it('grow MSK clusters in one function, change topics in two, and arm schedules in one', () => {
    expect(names('kafka:UpdateBrokerStorage')).toEqual(['demo-apply']);
    expect(sorted(names('kafka:UpdateTopic'))).toEqual(['demo-restore-retention', 'demo-shorten-retention']);
    expect(names('iam:PassRole')).toEqual(['demo-arm-relief']);
  });

  it('modify volumes only in one function, and send only one document of ours each', () => {
    expect(names('ec2:ModifyVolume')).toEqual(['demo-apply']);
    expect(sorted(names('ssm:SendCommand'))).toEqual(['demo-grow-filesystem', 'demo-inspect']);
    for (const [, { Properties }] of allowed('ssm:SendCommand')) {
      const sends = statementsOf(template, references(Properties.Role)[0] ?? '').filter(({ Action }) =>
        list(Action).includes('ssm:SendCommand'),
      );
      const documents = references(sends).filter((id) => template.Resources[id]?.Type === 'AWS::SSM::Document');
      expect(documents).toHaveLength(1);
      expect(references(Properties.Environment)).toContain(documents[0]);
    }
  });
});

/** What an action is allowed on, of whichever functions. */
const resourcesOf = (of: Template, action: string): string[] =>
  ofType(of, 'AWS::IAM::Policy')
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .filter(({ Action }) => list(Action).includes(action))
    .flatMap(({ Resource }) => list(Resource).map((resource) => JSON.stringify(resource)));

const arnOf = (of: string, name: string) =>
  `"arn:aws:kafka:eu-central-1:123456789012:${of}/${name}/6357e0b2-0e6a-4b86-a0b4-70df934c2e31-5`;

/** Whose topics one of the two functions may alter. */
const mayAlter = (of: Template, verb: string) => {
  const { properties } = functionOf(`functions/relief/${verb}-retention.lambda.ts`, of);
  const statements = statementsOf(of, references(properties.Role)[0] ?? '');
  return statements
    .filter(({ Action }) => list(Action).includes('kafka-cluster:AlterTopicDynamicConfiguration'))
    .flatMap(({ Resource }) => list(Resource));
};

describe('what may be done to MSK clusters', () => {
  const changes = ['kafka:UpdateBrokerStorage', 'kafka:UpdateTopic', 'kafka-cluster:AlterTopicDynamicConfiguration'];

  it('is what the fleet names, and their topics', async () => {
    const fleet = fleetWithMsk(mskCluster('payments'), mskCluster('orders'));
    const { template: two } = await synthesizeTemplate(fleet);
    for (const action of [...changes, 'kafka:DescribeClusterV2', 'kafka:ListTopics', 'kafka-cluster:Connect']) {
      const expected = ['payments', 'orders'].flatMap((name) => [
        `${arnOf('cluster', name)}"`,
        `${arnOf('topic', name)}/*"`,
      ]);
      const found = resourcesOf(two, action);
      for (const resource of found) expect(expected).toContain(resource);
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it('is to shorten retention only where the fleet file allows it, and to give it back in any case', async () => {
    const kept = mskCluster('kept');
    const off = { ...kept, retentionRelief: { ...kept.retentionRelief, enabled: false } };
    const { template: some } = await synthesizeTemplate(fleetWithMsk(mskCluster('payments'), off));
    expect(mayAlter(some, 'shorten').map((resource) => JSON.stringify(resource))).toEqual([
      `${arnOf('topic', 'payments')}/*"`,
    ]);
    expect(mayAlter(some, 'restore')).toHaveLength(2);
    const { template: none } = await synthesizeTemplate(fleetWithMsk(off));
    expect(mayAlter(none, 'shorten')).toEqual([]);
    expect(mayAlter(none, 'restore')).toHaveLength(1);
  });

  it('is all of this account and Region where a policy can not name so many, and no role outgrows IAM', async () => {
    const named = Array.from({ length: 40 }, (_, i) => mskCluster(`cluster-${10 + i}`));
    const most = named.slice(0, Math.floor(namedClustersCharactersMax / (named[0]?.clusterArn.length ?? Number.NaN)));
    expect(most.length).toBeGreaterThan(10);
    for (const clusters of [most, named]) {
      const { template: many } = await synthesizeTemplate(fleetWithMsk(...clusters));
      const [cluster] = resourcesOf(many, 'kafka:UpdateBrokerStorage');
      expect(cluster).toContain(clusters === most ? ':cluster/cluster-10/' : ':cluster/*/*');
      const [topic] = resourcesOf(many, 'kafka-cluster:AlterTopic');
      expect(topic).toContain(clusters === most ? ':topic/cluster-10/' : ':topic/*/*/*');
      expect(Object.values(many.Resources).map(({ Type }) => Type)).not.toContain('AWS::IAM::ManagedPolicy');
      for (const [, { Properties }] of ofType(many, 'AWS::IAM::Policy')) {
        expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThanOrEqual(10_240);
      }
    }
  });
});

const versions = (of: Template) => ofType(of, 'AWS::Lambda::Version').map(([id]) => id);

describe('a changed fleet', () => {
  it('is a new version of every function, the same fleet none', async () => {
    const fleet = fleetWithMsk(mskCluster('payments'));
    const changed = await synthesizeTemplate({ ...fleet, sweepMinutes: fleet.sweepMinutes + 1 });
    expect(versions(changed.template).filter((id) => versions(template).includes(id))).toEqual([]);
    expect(versions((await synthesizeTemplate(fleet)).template)).toEqual(versions(template));
  });
});
