import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Ec2Cluster, Fleet } from '../../functions/fleet/fleet.ts';
import { networkFunctionName } from '../../infra/names.ts';
import {
  exampleFleet,
  list,
  ofType,
  references,
  sorted,
  statementsOf,
  synthesizeTemplate,
  type Template,
} from './synthesized.ts';

const network = { subnetIds: ['subnet-01234567'], securityGroupIds: ['sg-01234567'] };
const listener = (name: string): Ec2Cluster['kafka'] => ({
  network: name,
  bootstrapServers: ['b-1:9092'],
  security: 'plaintext',
});

/** Two networks from which three clusters are reached, and one from which none is. */
function fleetWithNetworks(): Fleet {
  const fleet = exampleFleet();
  const example = fleet.clusters.find((cluster) => cluster.kind === 'ec2');
  const reached = ['private-a', 'private-a', 'private-b'].map((name, at) => ({
    ...example!,
    name: `cluster-${at}`,
    brokers: { tags: { cluster: String(at) } },
    kafka: listener(name)!,
  }));
  const networks = { 'private-a': network, 'private-b': { ...network, subnetIds: ['subnet-89abcdef'] }, idle: network };
  return { ...fleet, networks, clusters: [...fleet.clusters, ...reached] };
}

let template: Template;
let without: Template;
beforeAll(async () => {
  // cdk-nag included: what it finds in networks only, it finds here.
  ({ template } = await synthesizeTemplate(fleetWithNetworks(), { validation: true }));
  ({ template: without } = await synthesizeTemplate(exampleFleet()));
});

const nameIn = (network: string) => networkFunctionName('demo'.repeat(8), 'serve-topics', network);
const functionsOf = (of: Template) => ofType(of, 'AWS::Lambda::Function');
const within = () => functionsOf(template).filter(([, { Properties }]) => Properties.VpcConfig !== undefined);
const roleOf = ({ Role }: Record<string, unknown>): string => references(Role)[0] ?? '';
const named = (name: string) => functionsOf(template).find(([, { Properties }]) => Properties.FunctionName === name)!;

describe('a fleet’s networks', () => {
  it('have a function each, where a cluster is reached from them, and nothing else is in a network', () => {
    expect(within().map(([, { Properties }]) => [Properties.FunctionName, Properties.VpcConfig])).toEqual([
      ['demo-serve-topics-private-a', { SubnetIds: ['subnet-01234567'], SecurityGroupIds: ['sg-01234567'] }],
      ['demo-serve-topics-private-b', { SubnetIds: ['subnet-89abcdef'], SecurityGroupIds: ['sg-01234567'] }],
    ]);
  });

  it('are none where no cluster is reached from one', () => {
    expect(JSON.stringify(without)).not.toContain('serve-topics');
    for (const [, { Properties }] of functionsOf(without)) expect(Properties).not.toHaveProperty('VpcConfig');
  });

  it('have functions that may call nothing: Lambda may make their interfaces, their code may not', () => {
    for (const [, { Properties }] of within()) {
      const statements = statementsOf(template, roleOf(Properties));
      const allowed = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => list(Action));
      const denied = statements.filter(({ Effect }) => Effect === 'Deny');
      expect(sorted(new Set(allowed.map((action) => action.split(':')[0])))).toEqual(['ec2', 'logs', 'sqs']);
      const interfaces = allowed.filter((action) => action.startsWith('ec2:'));
      expect(denied.map(({ Action }) => list(Action).toSorted())).toEqual([interfaces.toSorted()]);
      expect(JSON.stringify(denied[0]?.Condition)).toContain(`:function:${String(Properties.FunctionName)}"`);
    }
  });

  it.each(['plan-relief', 'arm-relief', 'shorten-retention', 'restore-retention'])(
    'are reached by %s, through a published version that it is told',
    (verb) => {
      const [, { Properties }] = named(`demo-${verb}`);
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
      const told = references(Variables.SERVE_TOPICS_FUNCTIONS).map((id) => template.Resources[id]?.Type);
      expect(told).toEqual(['AWS::Lambda::Version', 'AWS::Lambda::Version']);
      const invoked = statementsOf(template, roleOf(Properties))
        .filter(({ Action }) => list(Action).includes('lambda:InvokeFunction'))
        .flatMap(({ Resource }) => references(Resource));
      expect(invoked.toSorted()).toEqual(
        within()
          .map(([id]) => id)
          .toSorted(),
      );
    },
  );

  it('are invoked by nobody else', () => {
    const callers = functionsOf(template).filter(([, { Properties }]) =>
      statementsOf(template, roleOf(Properties)).some(({ Action }) => list(Action).includes('lambda:InvokeFunction')),
    );
    expect(callers.map(([, { Properties }]) => String(Properties.FunctionName)).toSorted()).toEqual([
      'demo-arm-relief',
      'demo-plan-relief',
      'demo-restore-retention',
      'demo-shorten-retention',
    ]);
  });

  it('are kept warm every day: the version that is called', () => {
    const schedules = ofType(template, 'AWS::Scheduler::Schedule').filter(([, { Properties }]) =>
      String(Properties.Name).startsWith('demo-warm-'),
    );
    expect(schedules).toHaveLength(2);
    for (const [, { Properties }] of schedules) {
      const target = Properties.Target as Record<string, unknown>;
      expect(Properties.ScheduleExpression).toBe('rate(1 day)');
      expect(JSON.parse(String(target.Input))).toEqual({ call: 'warm' });
      expect(references(target.Arn).map((id) => template.Resources[id]?.Type)).toEqual(['AWS::Lambda::Version']);
    }
  });

  it('have dead-letter queues that are watched', () => {
    const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmName);
    expect(alarms).toEqual(
      expect.arrayContaining(['demo-serve-topics-private-a-dead-letters', 'demo-serve-topics-private-b-dead-letters']),
    );
  });

  it('have functions with names that Lambda takes, 64 characters at most', () => {
    expect(nameIn('n'.repeat(18))).toHaveLength(64);
    expect(() => nameIn('n'.repeat(19))).toThrow('more than 64 characters');
  });
});
