/** State machines of the template with their substitutions made, their versions and aliases. */
import { readFileSync } from 'node:fs';
import { isKnownTask } from '../cloud/states-tasks.ts';
import type { MachineDeclaration } from '../cloud/states.ts';
import { loadStateMachine, type State, type Workflow } from '../states-language/index.ts';
import type { Assembly } from './assembly.ts';
import { TemplateError } from './errors.ts';
import type { Iam } from './iam.ts';
import { isObject, objectAt, stringAt, type JsonObject } from './json.ts';
import { aliasVersion } from './resource-types.ts';
import type { LoadedTemplate, Resource } from './template.ts';

/** @param functionExists asked for each function that a definition names */
export function readMachines(
  template: LoadedTemplate,
  assembly: Pick<Assembly, 'assetPath'>,
  iam: Iam,
  functionExists: (arn: string) => boolean,
): MachineDeclaration[] {
  return template.ofType('AWS::StepFunctions::StateMachine').map((resource) => {
    const { logicalId, properties, ref, attributes } = resource;
    const roleArn = stringAt(properties['RoleArn'], `${logicalId}/RoleArn`);
    iam.requireTrust(roleArn, 'states.amazonaws.com', `${logicalId}/RoleArn`);
    if ((properties['StateMachineType'] ?? 'STANDARD') !== 'STANDARD') {
      throw new TemplateError(`${logicalId}/StateMachineType`, 'express workflows are not simulated');
    }
    const machine = loadStateMachine(definitionOf(resource, assembly));
    for (const state of statesOf(machine)) checkTask(state, logicalId, functionExists);
    return { arn: ref, name: attributes['Name'] ?? '', roleArn, machine, qualifiers: qualifiersOf(template, ref) };
  });
}

function definitionOf({ logicalId, properties }: Resource, { assetPath }: Pick<Assembly, 'assetPath'>): string {
  const { Definition, DefinitionString, DefinitionS3Location, DefinitionSubstitutions = {} } = properties;
  let text: string;
  if (DefinitionString !== undefined) text = stringAt(DefinitionString, `${logicalId}/DefinitionString`);
  else if (Definition !== undefined) text = JSON.stringify(Definition);
  else {
    const at = `${logicalId}/DefinitionS3Location`;
    const key = stringAt(objectAt(DefinitionS3Location, at)['Key'], at);
    const path = assetPath(key);
    if (path === undefined) throw new TemplateError(at, `the assembly has no asset ${key}`);
    text = readFileSync(path, 'utf8');
  }
  const substitutions: JsonObject = objectAt(DefinitionSubstitutions, `${logicalId}/DefinitionSubstitutions`);
  const used = new Set<string>();
  const result = text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (_match, name: string) => {
    if (substitutions[name] === undefined)
      throw new TemplateError(`${logicalId}/DefinitionSubstitutions`, `nothing for \${${name}}`);
    used.add(name);
    return JSON.stringify(stringAt(substitutions[name], `${logicalId}/${name}`)).slice(1, -1);
  });
  for (const name of Object.keys(substitutions)) {
    if (!used.has(name))
      throw new TemplateError(`${logicalId}/DefinitionSubstitutions/${name}`, 'the definition does not use it');
  }
  return result;
}

/** All states, those of Parallel branches and Map processors included. */
export function* statesOf(workflow: Workflow): Generator<State> {
  for (const state of workflow.states.values()) {
    yield state;
    if (state.type === 'Parallel') for (const branch of state.branches) yield* statesOf(branch);
    if (state.type === 'Map') yield* statesOf(state.itemProcessor);
  }
}

function checkTask(state: State, logicalId: string, functionExists: (arn: string) => boolean): void {
  if (state.type !== 'Task') return;
  const at = `${logicalId}/States/${state.name}`;
  if (!isKnownTask(state.integration))
    throw new TemplateError(at, `the simulator does not know the task ${state.resource}`);
  const named = state.integration.kind === 'lambda' ? state.integration.action : literalFunctionName(state);
  if (named !== undefined && !functionExists(named))
    throw new TemplateError(at, `function ${named} is not in the template`);
}

function literalFunctionName(state: State & { type: 'Task' }): string | undefined {
  if (state.integration.service !== 'lambda' || state.arguments === undefined) return undefined;
  const template = state.arguments;
  if (template.kind === 'literal' && isObject(template.value)) {
    const name = template.value['FunctionName'];
    return typeof name === 'string' ? name : undefined;
  }
  if (template.kind !== 'object') return undefined;
  const member = template.members.find(([key]) => key === 'FunctionName')?.[1];
  return member?.kind === 'literal' && typeof member.value === 'string' ? member.value : undefined;
}

function qualifiersOf(template: LoadedTemplate, machineArn: string): Map<string, string> {
  const qualifiers = new Map<string, string>();
  for (const { ref } of template.ofType('AWS::StepFunctions::StateMachineVersion')) {
    if (ref.startsWith(`${machineArn}:`)) qualifiers.set(last(ref), ref);
  }
  for (const { ref, properties, logicalId } of template.ofType('AWS::StepFunctions::StateMachineAlias')) {
    if (ref.startsWith(`${machineArn}:`)) qualifiers.set(last(ref), aliasVersion(properties, logicalId));
  }
  return qualifiers;
}

function last(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
