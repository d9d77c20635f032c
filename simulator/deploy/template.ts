/**
 * Reads a CloudFormation template as a deployment would: parameters, conditions, intrinsic functions, dependency order
 * and physical names. A resource type, property, function or section that the simulator does not know is an error here,
 * so that nothing of the deployed system is left out silently.
 */
import { TemplateError } from './errors.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { asList, isObject, objectAt, stringAt, type JsonObject } from './json.ts';
import { resourceTypes, type Identity } from './resource-types.ts';
import type { Environment } from './environment.ts';

export interface Resource extends Identity {
  logicalId: string;
  type: string;
  /** With every intrinsic function resolved. */
  properties: JsonObject;
  metadata: JsonObject;
}

export interface LoadedTemplate {
  environment: Environment;
  /** Each after all that it refers to or depends on. */
  resources: Resource[];
  outputs: Record<string, unknown>;
  ofType(type: string): Resource[];
}

/** `Rules` only hold assertions about parameters (CDK's bootstrap version): nothing that runs. */
const knownSections = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Rules',
  'Resources',
  'Outputs',
]);

/** @throws TemplateError */
export function loadTemplate(
  template: JsonObject,
  environment: Environment,
  parameters: Record<string, string> = {},
): LoadedTemplate {
  for (const section of Object.keys(template)) {
    if (!knownSections.has(section)) throw new TemplateError(section, 'this section is not known to the simulator');
  }
  const loader = new Loader(template, environment, parameters);
  return loader.load();
}

class Loader implements Scope {
  readonly region: string;
  readonly #environment: Environment;
  readonly #given: Record<string, string>;
  readonly #parameters: JsonObject;
  readonly #conditions: JsonObject;
  readonly #mappings: JsonObject;
  readonly #declared: JsonObject;
  readonly #outputs: JsonObject;
  readonly #loaded = new Map<string, Resource>();
  readonly #loading: string[] = [];

  constructor(template: JsonObject, environment: Environment, given: Record<string, string>) {
    const section = (name: string): JsonObject => objectAt(template[name] ?? {}, name);
    this.region = environment.region;
    this.#environment = environment;
    this.#given = given;
    this.#parameters = section('Parameters');
    this.#conditions = section('Conditions');
    this.#mappings = section('Mappings');
    this.#declared = section('Resources');
    this.#outputs = section('Outputs');
  }

  load(): LoadedTemplate {
    for (const logicalId of Object.keys(this.#declared)) {
      if (this.#exists(logicalId)) this.#resource(logicalId, logicalId);
    }
    const outputs: Record<string, unknown> = {};
    for (const [name, output] of Object.entries(this.#outputs)) {
      const { Value, Condition } = objectAt(output, name);
      if (Condition !== undefined && !this.condition(stringAt(Condition, name), name)) continue;
      outputs[name] = resolve(Value, this, `Outputs/${name}`);
    }
    const resources = [...this.#loaded.values()];
    return {
      environment: this.#environment,
      resources,
      outputs,
      ofType: (type) => resources.filter((resource) => resource.type === type),
    };
  }

  ref(name: string, at: string): unknown {
    if (name.startsWith('AWS::')) return this.#pseudo(name, at);
    const parameter = this.#parameters[name];
    if (parameter !== undefined) {
      const value = this.#given[name] ?? objectAt(parameter, name)['Default'];
      if (value === undefined) throw new TemplateError(at, `parameter ${name} has no value`);
      return value;
    }
    return this.#resource(name, at).ref;
  }

  attribute(logicalId: string, attribute: string, at: string): unknown {
    const resource = this.#resource(logicalId, at);
    const value = resource.attributes[attribute];
    if (value === undefined) throw new TemplateError(at, `attribute ${attribute} of ${resource.type} is not simulated`);
    return value;
  }

  condition(name: string, at: string): boolean {
    const condition = this.#conditions[name];
    if (condition === undefined) throw new TemplateError(at, `condition ${name} does not exist`);
    return resolve(condition, this, `Conditions/${name}`) === true;
  }

  mapping(map: string, top: string, second: string, at: string): unknown {
    const level = objectAt(this.#mappings[map] ?? {}, at)[top];
    const value = isObject(level) ? level[second] : undefined;
    if (value === undefined) throw new TemplateError(at, `no mapping ${map}/${top}/${second}`);
    return value;
  }

  #pseudo(name: string, at: string): string {
    const { account, region, stackName } = this.#environment;
    const values: Record<string, string> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/5e0f2a10-0000-4000-8000-000000000000`,
    };
    const value = values[name];
    if (value === undefined) throw new TemplateError(at, `pseudo parameter ${name} is not known to the simulator`);
    return value;
  }

  #exists(logicalId: string): boolean {
    const condition = objectAt(this.#declared[logicalId], logicalId)['Condition'];
    return condition === undefined || this.condition(stringAt(condition, logicalId), logicalId);
  }

  #resource(logicalId: string, at: string): Resource {
    const loaded = this.#loaded.get(logicalId);
    if (loaded !== undefined) return loaded;
    const declared = this.#declared[logicalId];
    if (declared === undefined) throw new TemplateError(at, `${logicalId} does not exist`);
    if (!this.#exists(logicalId)) throw new TemplateError(at, `${logicalId} is not created (its condition is false)`);
    if (this.#loading.includes(logicalId)) {
      throw new TemplateError(at, `circular dependency: ${[...this.#loading, logicalId].join(' → ')}`);
    }
    this.#loading.push(logicalId);
    const resource = this.#read(logicalId, objectAt(declared, logicalId));
    this.#loading.pop();
    this.#loaded.set(logicalId, resource);
    return resource;
  }

  #read(logicalId: string, declared: JsonObject): Resource {
    const type = stringAt(declared['Type'], `${logicalId}/Type`);
    const known = resourceTypes[type];
    if (known === undefined) throw new TemplateError(logicalId, `resource type ${type} is not known to the simulator`);
    for (const dependency of asList(declared['DependsOn'])) {
      const name = stringAt(dependency, `${logicalId}/DependsOn`);
      if (this.#declared[name] !== undefined && this.#exists(name)) this.#resource(name, `${logicalId}/DependsOn`);
    }
    const properties = objectAt(resolve(declared['Properties'] ?? {}, this, logicalId), logicalId);
    if ('properties' in known) {
      for (const property of Object.keys(properties)) {
        if (!known.properties.includes(property)) {
          throw new TemplateError(`${logicalId}/${property}`, `this property of ${type} is not known to the simulator`);
        }
      }
    }
    const identity = known.identify({ ...this.#environment, logicalId, properties });
    const metadata = objectAt(resolve(declared['Metadata'] ?? {}, this, `${logicalId}/Metadata`), logicalId);
    return { logicalId, type, properties, metadata, ...identity };
  }
}
