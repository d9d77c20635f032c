/** Lambda functions, versions, aliases and layers of the template, as the Lambda service takes them. */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { AsyncConfig, FunctionDeclaration } from '../cloud/lambda-environment.ts';
import type { Assembly } from './assembly.ts';
import { TemplateError } from './errors.ts';
import type { Iam } from './iam.ts';
import { asList, isObject, numberAt, objectAt, optional, stringAt } from './json.ts';
import type { LoadedTemplate, Resource } from './template.ts';

export const entryMetadata = 'kafka-autopilot:entry';

const timeoutSecondsMax = 900; // aws-facts 7.2
const timeoutSecondsDefault = 3; // CloudFormation reference, AWS::Lambda::Function Timeout
const environmentBytesMax = 4096; // Lambda quotas: 4 KB for all variables [K]

/** @param projectRoot what entries in the template's metadata are relative to */
export function readFunctions(
  template: LoadedTemplate,
  assembly: Pick<Assembly, 'assetPath'>,
  iam: Iam,
  projectRoot: string,
): FunctionDeclaration[] {
  const layers = readLayers(template, assembly);
  return template.ofType('AWS::Lambda::Function').map((resource) => {
    const { logicalId, properties, attributes, ref } = resource;
    const arn = attributes['Arn'] ?? '';
    const roleArn = stringAt(properties['Role'], `${logicalId}/Role`);
    iam.requireTrust(roleArn, 'lambda.amazonaws.com', `${logicalId}/Role`);
    const entry = entryOf(resource, projectRoot);
    const timeoutSeconds = optional(properties['Timeout'], `${logicalId}/Timeout`, numberAt) ?? timeoutSecondsDefault;
    if (timeoutSeconds > timeoutSecondsMax)
      throw new TemplateError(`${logicalId}/Timeout`, `at most ${timeoutSecondsMax} s`);
    const deadLetterArn = deadLettersOf(resource);
    if (deadLetterArn !== undefined) checkDeadLetters(iam, roleArn, deadLetterArn, logicalId);
    return {
      arn,
      name: ref,
      verb: basename(entry).replace(/(\.lambda)?\.[cm]?[jt]s$/, ''),
      entry,
      roleArn,
      timeoutMs: timeoutSeconds * 1000,
      memoryMib: optional(properties['MemorySize'], `${logicalId}/MemorySize`, numberAt) ?? 128,
      environment: environmentOf(resource),
      layers: asList(properties['Layers']).map((layer) => {
        const folder = layers.get(stringAt(layer, `${logicalId}/Layers`));
        if (folder === undefined)
          throw new TemplateError(`${logicalId}/Layers`, `layer ${String(layer)} is not in the template`);
        return folder;
      }),
      ...subnetsOf(resource),
      qualifiers: qualifiersOf(template, arn),
      deadLetterArn,
      asyncConfig: asyncConfigOf(template, ref, arn),
    };
  });
}

function subnetsOf({ logicalId, properties }: Resource): { subnetIds?: string[] } {
  const config = properties['VpcConfig'];
  if (!isObject(config)) return {};
  const at = `${logicalId}/VpcConfig`;
  const [subnetIds, groups] = ['SubnetIds', 'SecurityGroupIds'].map((name) =>
    asList(config[name]).map((id) => stringAt(id, `${at}/${name}`)),
  );
  if (subnetIds === undefined || subnetIds.length === 0 || groups?.length === 0)
    throw new TemplateError(at, 'a function in a network needs a subnet and a security group');
  return { subnetIds };
}

function deadLettersOf({ logicalId, properties }: Resource): string | undefined {
  const config = properties['DeadLetterConfig'];
  return isObject(config) ? stringAt(config['TargetArn'], `${logicalId}/DeadLetterConfig`) : undefined;
}

/** Lambda refuses to create a function whose role may not send there [Lambda guide invocation-async-retain-records]. */
function checkDeadLetters(iam: Iam, roleArn: string, targetArn: string, logicalId: string): void {
  const action = targetArn.includes(':sqs:') ? 'sqs:SendMessage' : 'sns:Publish';
  try {
    iam.authorize({ roleArn, name: logicalId }, [{ action, resources: [targetArn], context: {} }]);
  } catch (error) {
    throw new TemplateError(`${logicalId}/DeadLetterConfig`, (error as Error).message);
  }
}

function entryOf({ logicalId, metadata }: Resource, projectRoot: string): string {
  const at = `${logicalId}/Metadata/${entryMetadata}`;
  if (metadata[entryMetadata] === undefined)
    throw new TemplateError(at, 'the function does not say which module it is');
  const entry = stringAt(metadata[entryMetadata], at);
  const path = isAbsolute(entry) ? entry : join(projectRoot, entry);
  if (!existsSync(path)) throw new TemplateError(at, `${path} does not exist`);
  return path;
}

function environmentOf({ logicalId, properties }: Resource): Record<string, string> {
  const at = `${logicalId}/Environment`;
  const variables = objectAt(objectAt(properties['Environment'] ?? {}, at)['Variables'] ?? {}, at);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('AWS_') || !/^[A-Za-z]\w+$/.test(name)) {
      throw new TemplateError(`${at}/${name}`, 'Lambda refuses this name of a variable');
    }
    environment[name] = stringAt(value, `${at}/${name}`);
  }
  if (Buffer.byteLength(JSON.stringify(environment)) > environmentBytesMax) {
    throw new TemplateError(at, `more than ${environmentBytesMax} bytes of variables`);
  }
  return environment;
}

function readLayers(template: LoadedTemplate, { assetPath }: Pick<Assembly, 'assetPath'>): Map<string, string> {
  return new Map(
    template.ofType('AWS::Lambda::LayerVersion').map(({ ref, logicalId, properties }) => {
      const key = stringAt(objectAt(properties['Content'], logicalId)['S3Key'], `${logicalId}/Content/S3Key`);
      const folder = assetPath(key);
      if (folder === undefined) throw new TemplateError(`${logicalId}/Content`, `the assembly has no asset ${key}`);
      return [ref, folder];
    }),
  );
}

function qualifiersOf(template: LoadedTemplate, functionArn: string): Map<string, string> {
  const qualifiers = new Map<string, string>();
  for (const { ref, attributes } of template.ofType('AWS::Lambda::Version')) {
    if (ref.startsWith(`${functionArn}:`)) qualifiers.set(attributes['Version'] ?? '', attributes['Version'] ?? '');
  }
  for (const { ref, properties, logicalId } of template.ofType('AWS::Lambda::Alias')) {
    if (!ref.startsWith(`${functionArn}:`)) continue;
    const version = stringAt(properties['FunctionVersion'], `${logicalId}/FunctionVersion`);
    if (!qualifiers.has(version)) throw new TemplateError(`${logicalId}/FunctionVersion`, `no version ${version}`);
    qualifiers.set(stringAt(properties['Name'], logicalId), version);
  }
  return qualifiers;
}

function asyncConfigOf(template: LoadedTemplate, name: string, arn: string): Map<string, AsyncConfig> {
  const configs = new Map<string, AsyncConfig>();
  for (const { properties, logicalId } of template.ofType('AWS::Lambda::EventInvokeConfig')) {
    const functionName = stringAt(properties['FunctionName'], logicalId);
    if (functionName !== name && functionName !== arn) continue;
    const destinations = objectAt(properties['DestinationConfig'] ?? {}, logicalId);
    const onFailure = destinations['OnFailure'];
    if (destinations['OnSuccess'] !== undefined) throw new TemplateError(logicalId, 'OnSuccess is not simulated');
    configs.set(stringAt(properties['Qualifier'], `${logicalId}/Qualifier`), {
      retryAttempts: optional(properties['MaximumRetryAttempts'], logicalId, numberAt) ?? 2,
      eventAgeMsMax: (optional(properties['MaximumEventAgeInSeconds'], logicalId, numberAt) ?? 21_600) * 1000,
      onFailureArn: isObject(onFailure) ? stringAt(onFailure['Destination'], logicalId) : undefined,
    });
  }
  return configs;
}
