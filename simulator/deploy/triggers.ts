/** Event rules and schedules of the template, as EventBridge and the Scheduler take them. */
import { checkPath, type InputRules } from '../cloud/events-input.ts';
import { eventAgeMsMaxDefault, requestFor, retryAttemptsDefault, type Target } from '../cloud/events-targets.ts';
import type { RuleDeclaration, RuleTarget } from '../cloud/events.ts';
import { parseScheduleExpression } from '../cloud/scheduler-expression.ts';
import type { ScheduleDeclaration } from '../cloud/scheduler.ts';
import { compilePattern } from '../event-patterns/index.ts';
import { TemplateError } from './errors.ts';
import type { Iam } from './iam.ts';
import { asList, isObject, listAt, numberAt, objectAt, optional, stringAt, type JsonObject } from './json.ts';
import type { LoadedTemplate, Resource } from './template.ts';

const patternCharactersMax = 2048; // EventBridge quotas, eb-quota
const targetsMax = 5; // same page

export function readRules(template: LoadedTemplate, iam: Iam): RuleDeclaration[] {
  return template
    .ofType('AWS::Events::Rule')
    .filter(({ properties }) => (properties['State'] ?? 'ENABLED') !== 'DISABLED')
    .map((resource) => readRule(resource, iam));
}

function readRule({ logicalId, properties, ref, attributes }: Resource, iam: Iam): RuleDeclaration {
  const bus = properties['EventBusName'];
  if (bus !== undefined && !/(^|\/)default$/.test(stringAt(bus, logicalId))) {
    throw new TemplateError(`${logicalId}/EventBusName`, 'only the default bus is simulated');
  }
  const pattern = objectAt(properties['EventPattern'], `${logicalId}/EventPattern`);
  const text = JSON.stringify(pattern);
  if (text.length > patternCharactersMax) {
    throw new TemplateError(`${logicalId}/EventPattern`, `${text.length} characters, at most ${patternCharactersMax}`);
  }
  const targets = listAt(properties['Targets'] ?? [], `${logicalId}/Targets`);
  if (targets.length > targetsMax) throw new TemplateError(`${logicalId}/Targets`, `at most ${targetsMax}`);
  return {
    arn: attributes['Arn'] ?? '',
    name: ref,
    pattern: compilePattern(text),
    sources: plainSources(pattern),
    targets: targets.map((target, index) =>
      readRuleTarget(objectAt(target, logicalId), `${logicalId}/Targets/${index}`, iam),
    ),
  };
}

function plainSources({ source }: JsonObject): Set<string> | undefined {
  const list = asList(source);
  return list.length > 0 && list.every((item) => typeof item === 'string') ? new Set(list) : undefined;
}

const ruleTargetKeys = [
  'Arn',
  'Id',
  'RoleArn',
  'Input',
  'InputPath',
  'InputTransformer',
  'RetryPolicy',
  'DeadLetterConfig',
];
const scheduleTargetKeys = ['Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig'];

function readRuleTarget(target: JsonObject, at: string, iam: Iam): RuleTarget {
  const common = readTarget(target, at, ruleTargetKeys);
  const roleArn = optional(target['RoleArn'], `${at}/RoleArn`, stringAt);
  if (roleArn !== undefined) iam.requireTrust(roleArn, 'events.amazonaws.com', `${at}/RoleArn`);
  else if (common.arn.includes(':states:'))
    throw new TemplateError(`${at}/RoleArn`, 'a state machine as target needs a role');
  return { ...common, ...readInput(target, at), roleArn };
}

function readInput(target: JsonObject, at: string): InputRules {
  const { Input, InputPath, InputTransformer } = target;
  if (Input !== undefined) return { input: stringAt(Input, `${at}/Input`) };
  if (InputPath !== undefined) {
    const inputPath = stringAt(InputPath, `${at}/InputPath`);
    checkPath(inputPath);
    return { inputPath };
  }
  if (InputTransformer === undefined) return {};
  const transformer = objectAt(InputTransformer, `${at}/InputTransformer`);
  const paths: Record<string, string> = {};
  for (const [name, path] of Object.entries(objectAt(transformer['InputPathsMap'] ?? {}, at))) {
    paths[name] = stringAt(path, `${at}/InputPathsMap/${name}`);
    checkPath(paths[name]);
  }
  return { transformer: { paths, template: stringAt(transformer['InputTemplate'], `${at}/InputTemplate`) } };
}

function readTarget(target: JsonObject, at: string, known: readonly string[]): Target {
  for (const key of Object.keys(target)) {
    if (!known.includes(key)) throw new TemplateError(`${at}/${key}`, 'this property of a target is not simulated');
  }
  const arn = stringAt(target['Arn'], `${at}/Arn`);
  try {
    requestFor(arn, '{}');
  } catch (error) {
    throw new TemplateError(`${at}/Arn`, (error as Error).message);
  }
  const retry = objectAt(target['RetryPolicy'] ?? {}, `${at}/RetryPolicy`);
  const ageSeconds = optional(retry['MaximumEventAgeInSeconds'], `${at}/RetryPolicy`, numberAt);
  const deadLetters = target['DeadLetterConfig'];
  return {
    arn,
    retryAttempts: optional(retry['MaximumRetryAttempts'], `${at}/RetryPolicy`, numberAt) ?? retryAttemptsDefault,
    eventAgeMsMax: ageSeconds === undefined ? eventAgeMsMaxDefault : ageSeconds * 1000,
    deadLetterArn: isObject(deadLetters) ? stringAt(deadLetters['Arn'], `${at}/DeadLetterConfig/Arn`) : undefined,
  };
}

export function readSchedules(template: LoadedTemplate, iam: Iam): ScheduleDeclaration[] {
  return template
    .ofType('AWS::Scheduler::Schedule')
    .filter(({ properties }) => (properties['State'] ?? 'ENABLED') !== 'DISABLED')
    .map(({ logicalId, properties, attributes, ref }) => {
      for (const unsupported of ['StartDate', 'EndDate']) {
        if (properties[unsupported] !== undefined)
          throw new TemplateError(`${logicalId}/${unsupported}`, 'not simulated');
      }
      if (objectAt(properties['FlexibleTimeWindow'], logicalId)['Mode'] !== 'OFF') {
        throw new TemplateError(`${logicalId}/FlexibleTimeWindow`, 'only Mode OFF is simulated');
      }
      const target = objectAt(properties['Target'], `${logicalId}/Target`);
      const roleArn = stringAt(target['RoleArn'], `${logicalId}/Target/RoleArn`);
      iam.requireTrust(roleArn, 'scheduler.amazonaws.com', `${logicalId}/Target/RoleArn`);
      const timezone = optional(properties['ScheduleExpressionTimezone'], logicalId, stringAt);
      return {
        arn: attributes['Arn'] ?? '',
        name: ref,
        expression: parse(
          stringAt(properties['ScheduleExpression'], logicalId),
          timezone,
          `${logicalId}/ScheduleExpression`,
        ),
        target: {
          ...readTarget(target, `${logicalId}/Target`, scheduleTargetKeys),
          roleArn,
          input: optional(target['Input'], `${logicalId}/Target/Input`, stringAt),
        },
      };
    });
}

function parse(text: string, timezone: string | undefined, at: string): ScheduleDeclaration['expression'] {
  try {
    return parseScheduleExpression(text, timezone);
  } catch (error) {
    throw new TemplateError(at, (error as Error).message);
  }
}
