/**
 * Names and ARNs that are known before anything exists. The workflows' names are fixed, so a function can be told a
 * workflow's alias though the workflow itself names that function (`start-workflow` starts the sweep, the sweep calls
 * `start-workflow`), and a role may be about what uses it.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type NetworkVerb, type Verb, workflows, type Workflow } from './function-table.ts';

/** The alias that everything is started through. */
export const liveAlias = 'live';

/**
 * 40 characters leave room for the longest suffix in a function's name (64) and a state machine's (80).
 * @throws Error when it could not name AWS resources
 */
export function assertNamePrefix(prefix: string): void {
  if (!/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/.test(prefix)) {
    throw new Error(
      `the name ${JSON.stringify(prefix)} can't start the names of AWS resources: ` +
        'use 2 to 40 lower-case letters, digits and hyphens, starting with a letter',
    );
  }
}

const statesArn = (scope: Construct, resource: string, name: string): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource,
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

export const functionName = (prefix: string, verb: Verb): string => `${prefix}-${verb}`;
/** A function's name has at most 64 characters [SDK lambda CreateFunctionRequest]. @throws Error */
export function networkFunctionName(prefix: string, verb: NetworkVerb, network: string): string {
  const name = `${prefix}-${verb}-${network}`;
  if (name.length > 64) throw new Error(`${name} is no name of a function: it has more than 64 characters`);
  return name;
}
export const functionArn = (scope: Construct, prefix: string, verb: Verb): string =>
  functionArnOf(scope, functionName(prefix, verb));
export const functionArnOf = (scope: Construct, name: string): string =>
  Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

export const workflowName = (prefix: string, workflow: Workflow): string => `${prefix}-${workflow}`;
export const workflowArn = (scope: Construct, prefix: string, workflow: Workflow): string =>
  statesArn(scope, 'stateMachine', workflowName(prefix, workflow));
export const workflowAliasArn = (scope: Construct, prefix: string, workflow: Workflow): string =>
  statesArn(scope, 'stateMachine', `${workflowName(prefix, workflow)}:${liveAlias}`);
/** All executions of one workflow. */
export const executionsArn = (scope: Construct, prefix: string, workflow: Workflow): string =>
  statesArn(scope, 'execution', `${workflowName(prefix, workflow)}:*`);

/** Children of a workflow's Distributed Maps, whichever of its states started them. */
export const childExecutionsArn = (scope: Construct, prefix: string, workflow: Workflow): string =>
  statesArn(scope, 'execution', `${workflowName(prefix, workflow)}/*:*`);

export const eachWorkflow = <T>(make: (workflow: Workflow) => T): T[] => workflows.map(make);
