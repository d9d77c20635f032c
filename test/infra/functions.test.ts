import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { findEntries } from '../../infra/bundle.ts';
import { specOf, type Verb } from '../../infra/function-table.ts';
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

const entryOf = (metadata: Record<string, unknown> | undefined) => metadata?.['kafka-autopilot:entry'];

function functionOf(file: string) {
  const found = ofType(template, 'AWS::Lambda::Function').filter(([, { Metadata }]) => entryOf(Metadata) === file);
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

/** Functions whose role allows an action. */
const allowed = (action: string) =>
  ofType(template, 'AWS::Lambda::Function').filter(([, { Properties }]) =>
    statementsOf(template, references(Properties.Role)[0] ?? '').some(({ Action }) => list(Action).includes(action)),
  );

const names = (action: string) => allowed(action).map(([, { Properties }]) => Properties.FunctionName);

describe('deployed functions', () => {
  it('are exactly those that there is source for', () => {
    const deployed = ofType(template, 'AWS::Lambda::Function').map(([, { Metadata }]) => entryOf(Metadata));
    expect(sorted(deployed)).toEqual(sorted(findEntries().map(({ file }) => file)));
  });

  it.each(findEntries())('$verb has the settings that its code asks for, and no other', ({ verb, file }) => {
    const { Variables } = functionOf(file).properties.Environment as { Variables: Record<string, unknown> };
    const asked = new Set(settingsIn(sources(file)));
    // The workflows gateway asks by the workflow's name, for the function that starts workflows.
    if (specOf(verb as Verb).permissions.includes('start-workflows')) {
      for (const name of ['STORAGE_SCALING', 'STORAGE_SWEEP', 'HOST_INSPECTION']) asked.add(`WORKFLOW_${name}`);
    }
    expect(sorted(Object.keys(Variables))).toEqual(sorted(asked));
  });

  it.each(findEntries())('$verb may do what its gateways do, and no more', ({ file }) => {
    const { properties } = functionOf(file);
    const [role = ''] = references(properties.Role);
    const services = new Set(
      statementsOf(template, role).flatMap(({ Action }) => list(Action).map((action) => action.split(':')[0])),
    );
    const gateways = [...readFileSync(file, 'utf8').matchAll(/gateways\/(\w+)/g)].map((match) => match[1] ?? '');
    const service: Record<string, string> = {
      ledger: 'dynamodb',
      ebs: 'ec2',
      ssm: 'ssm',
      metrics: 'cloudwatch',
      notify: 'sns',
      workflows: 'states',
    };
    const expected = ['logs', ...gateways.map((gateway) => service[gateway] ?? `unknown gateway ${gateway}`)];
    if (properties.DeadLetterConfig !== undefined) expected.push('sqs');
    expect(sorted(services)).toEqual(sorted(new Set(expected)));
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

const versions = (of: Template) => ofType(of, 'AWS::Lambda::Version').map(([id]) => id);

describe('a changed fleet', () => {
  it('is a new version of every function, the same fleet none', async () => {
    const fleet = exampleFleet();
    const changed = await synthesizeTemplate({ ...fleet, sweepMinutes: fleet.sweepMinutes + 1 });
    expect(versions(changed.template).filter((id) => versions(template).includes(id))).toEqual([]);
    expect(versions((await synthesizeTemplate(fleet)).template)).toEqual(versions(template));
  });
});
