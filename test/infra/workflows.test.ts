import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { pascalCase, workflows } from '../../infra/function-table.ts';
import { calledBy } from '../../infra/workflows.ts';
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

let template: Template;
beforeAll(async () => {
  ({ template } = await synthesizeTemplate(exampleFleet()));
});

const machines = () =>
  ofType(template, 'AWS::StepFunctions::StateMachine').map(([id, { Properties }]) => ({
    id,
    name: Properties.StateMachineName as string,
    definition: Properties.DefinitionString as string,
    substitutions: Properties.DefinitionSubstitutions as Record<string, unknown>,
    properties: Properties,
  }));

describe('workflows', () => {
  it('are exactly the files of statemachines/, under their fixed names', () => {
    const files = readdirSync('statemachines').map((file) => file.replace('.asl.json', ''));
    expect(sorted(files)).toEqual(sorted(workflows));
    expect(machines().map(({ name }) => name)).toEqual(workflows.map((workflow) => `demo-${workflow}`));
  });

  it('resolve every substitution to a published version of the function of that name, and give none unused', () => {
    for (const { definition, substitutions } of machines()) {
      const used = new Set([...definition.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]));
      expect(sorted(Object.keys(substitutions))).toEqual(sorted(used));
      for (const [name, value] of Object.entries(substitutions)) {
        const [version = ''] = references(value);
        expect(template.Resources[version]?.Type).toBe('AWS::Lambda::Version');
        const [called = ''] = references(template.Resources[version]?.Properties);
        const verb = String(template.Resources[called]?.Properties.FunctionName).replace('demo-', '');
        expect(pascalCase(verb)).toBe(name);
      }
    }
  });

  it('have a time-out each, fit Step Functions, and log their errors', () => {
    for (const { definition, properties } of machines()) {
      expect((JSON.parse(definition) as { TimeoutSeconds?: number }).TimeoutSeconds).toBeGreaterThan(0);
      expect(definition.length).toBeLessThan(1024 * 1024);
      expect(properties.StateMachineType).toBe('STANDARD');
      expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ERROR' });
    }
  });

  it('are published as versions that are kept, behind the alias that is started', () => {
    for (const { id, name } of machines()) {
      const versions = ofType(template, 'AWS::StepFunctions::StateMachineVersion').filter(([, version]) =>
        references(version.Properties).includes(id),
      );
      expect(versions.map(([, version]) => [version.DeletionPolicy, version.UpdateReplacePolicy])).toEqual([
        ['Retain', 'Retain'],
      ]);
      const aliases = ofType(template, 'AWS::StepFunctions::StateMachineAlias').filter(([, alias]) =>
        references(alias.Properties.RoutingConfiguration).includes(versions[0]?.[0] ?? ''),
      );
      expect(aliases.map(([, alias]) => alias.Properties.Name)).toEqual(['live']);
      expect(JSON.stringify(template)).toContain(`:stateMachine:${name}:live`);
    }
  });

  it('may invoke the functions that they call and no other', () => {
    for (const { properties, substitutions } of machines()) {
      const invoked = statementsOf(template, references(properties.RoleArn)[0] ?? '')
        .filter(({ Action }) => list(Action).includes('lambda:InvokeFunction'))
        .flatMap(({ Resource }) => references(Resource));
      const called = references(substitutions).flatMap((version) =>
        references(template.Resources[version]?.Properties),
      );
      expect(sorted(invoked)).toEqual(sorted(called));
    }
  });
});

/** What the sweep's role allows an action on. */
function sweepMay(action: string): string[] {
  const sweep = machines().find(({ name }) => name === 'demo-storage-sweep');
  return statementsOf(template, references(sweep?.properties.RoleArn)[0] ?? '')
    .filter(({ Action }) => list(Action).includes(action))
    .map(({ Resource }) => JSON.stringify(Resource));
}

describe('a workflow with Distributed Maps', () => {
  it('may read its items, and start, follow, stop and redrive children of itself only', () => {
    expect(sweepMay('s3:GetObject')).toEqual([
      expect.stringMatching(/"KafkaAutopilotObjects\w+","Arn".*\/sweeps\/\*"/),
    ]);
    expect(sweepMay('states:StartExecution')).toEqual([expect.stringMatching(/:stateMachine:demo-storage-sweep"/)]);
    for (const action of ['states:DescribeExecution', 'states:StopExecution']) {
      expect(sweepMay(action)).toEqual([expect.stringMatching(/:execution:demo-storage-sweep:\*"/)]);
    }
    expect(sweepMay('states:RedriveExecution')).toEqual([
      expect.stringMatching(/:execution:demo-storage-sweep\/\*:\*"/),
    ]);
  });

  it('alone has these permissions', () => {
    const others = machines().filter(({ name }) => name !== 'demo-storage-sweep');
    for (const { properties } of others) {
      const actions = statementsOf(template, references(properties.RoleArn)[0] ?? '').flatMap(({ Action }) =>
        list(Action),
      );
      expect(actions.filter((action) => /^(?:s3|states):/.test(action))).toEqual([]);
    }
  });
});

describe('calledBy', () => {
  it('refuses a definition that names something unknown', () => {
    const definition = readFileSync('statemachines/host-inspection.asl.json', 'utf8').replace('${Inspect}', '${Swoop}');
    expect(() => calledBy(definition, 'host-inspection')).toThrow(/Swoop/);
  });
});
