/**
 * CloudFormation's intrinsic functions. One that is not known is an error, so is a condition or mapping that is missing.
 */
import { TemplateError } from './errors.ts';
import { isObject, listAt, stringAt, type JsonObject } from './json.ts';

/** What the functions look things up in. */
export interface Scope {
  /** A parameter's value or a resource's physical id. */
  ref(name: string, at: string): unknown;
  attribute(logicalId: string, attribute: string, at: string): unknown;
  condition(name: string, at: string): boolean;
  mapping(map: string, top: string, second: string, at: string): unknown;
  readonly region: string;
}

/** `AWS::NoValue`: the property is as if it were not there. */
const noValue = Symbol('AWS::NoValue');

/** Resolves every function in a value. */
export function resolve(value: unknown, scope: Scope, at: string): unknown {
  const resolved = visit(value, scope, at);
  return resolved === noValue ? undefined : resolved;
}

function visit(value: unknown, scope: Scope, at: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => visit(item, scope, `${at}/${index}`)).filter((item) => item !== noValue);
  }
  if (!isObject(value)) return value;
  const call = functionCall(value);
  if (call !== undefined) return apply(call.name, call.argument, scope, at);
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const resolved = visit(member, scope, `${at}/${key}`);
    if (resolved !== noValue) result[key] = resolved;
  }
  return result;
}

function functionCall(value: JsonObject): { name: string; argument: unknown } | undefined {
  const keys = Object.keys(value);
  const [name] = keys;
  if (keys.length !== 1 || name === undefined) return undefined;
  // IAM conditions use the key "Condition" with an object; the function takes the condition's name.
  const isFunction =
    name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof value[name] === 'string');
  return isFunction ? { name, argument: value[name] } : undefined;
}

function apply(name: string, argument: unknown, scope: Scope, at: string): unknown {
  const known = functions[name];
  if (known === undefined) throw new TemplateError(at, `intrinsic function ${name} is not known to the simulator`);
  return known(argument, scope, `${at}/${name}`);
}

type Intrinsic = (argument: unknown, scope: Scope, at: string) => unknown;

const functions: Record<string, Intrinsic> = {
  Ref: (argument, scope, at) => {
    const name = stringAt(argument, at);
    return name === 'AWS::NoValue' ? noValue : scope.ref(name, at);
  },
  Condition: (argument, scope, at) => scope.condition(stringAt(argument, at), at),
  'Fn::GetAtt': (argument, scope, at) => {
    const [logicalId, ...rest] = typeof argument === 'string' ? argument.split('.') : listAt(argument, at);
    return scope.attribute(stringAt(logicalId, at), rest.map((part) => stringAt(part, at)).join('.'), at);
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope, at) => {
    const [delimiter, items] = listAt(argument, at);
    const parts = listAt(visit(items, scope, at), at);
    return parts.map((part, index) => stringAt(part, `${at}/${index}`)).join(stringAt(delimiter, at));
  },
  'Fn::Select': (argument, scope, at) => {
    const [index, items] = listAt(argument, at);
    const list = listAt(visit(items, scope, at), at);
    const item = list[Number(visit(index, scope, at))];
    if (item === undefined) throw new TemplateError(at, `no item ${JSON.stringify(index)} in a list of ${list.length}`);
    return item;
  },
  'Fn::Split': (argument, scope, at) => {
    const [delimiter, text] = listAt(argument, at);
    return stringAt(visit(text, scope, at), at).split(stringAt(delimiter, at));
  },
  'Fn::FindInMap': (argument, scope, at) => {
    const [map, top, second] = listAt(visit(argument, scope, at), at).map((part) => stringAt(part, at));
    return scope.mapping(map ?? '', top ?? '', second ?? '', at);
  },
  'Fn::If': (argument, scope, at) => {
    const [name, yes, no] = listAt(argument, at);
    return visit(scope.condition(stringAt(name, at), at) ? yes : no, scope, at);
  },
  'Fn::Equals': (argument, scope, at) => {
    const [one, other] = listAt(visit(argument, scope, at), at);
    return stringAt(one, at) === stringAt(other, at);
  },
  'Fn::Not': (argument, scope, at) => visit(listAt(argument, at)[0], scope, at) !== true,
  'Fn::And': (argument, scope, at) => listAt(argument, at).every((item) => visit(item, scope, at) === true),
  'Fn::Or': (argument, scope, at) => listAt(argument, at).some((item) => visit(item, scope, at) === true),
  'Fn::GetAZs': (_argument, scope) => ['a', 'b', 'c'].map((zone) => `${scope.region}${zone}`),
  'Fn::Base64': (argument, scope, at) => Buffer.from(stringAt(visit(argument, scope, at), at)).toString('base64'),
};

function substitute(argument: unknown, scope: Scope, at: string): string {
  const [template, variables] = typeof argument === 'string' ? [argument, {}] : listAt(argument, at);
  const own = isObject(variables) ? variables : {};
  return stringAt(template, at).replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const key = name.trim();
    if (Object.hasOwn(own, key)) return stringAt(visit(own[key], scope, at), at);
    const dot = key.indexOf('.');
    const value = dot < 0 ? scope.ref(key, at) : scope.attribute(key.slice(0, dot), key.slice(dot + 1), at);
    return stringAt(value, at);
  });
}
