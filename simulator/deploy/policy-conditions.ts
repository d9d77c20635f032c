/**
 * Conditions of IAM statements. Several keys must all hold, any one value of a key suffices (negated operators: none of
 * them may match). A missing key fails a plain operator, passes a negated one and passes `…IfExists`.
 *
 * IAM User Guide, "Condition operators" and "Conditions with multiple context keys or values".
 */
import { TemplateError } from './errors.ts';
import { asList, objectAt, stringAt } from './json.ts';
import { wildcard } from './wildcard.ts';

/** Condition keys and their values; keys in lower case. */
export type Context = ReadonlyMap<string, string | readonly string[]>;
export type Condition = (context: Context) => boolean;

type Matcher = (wanted: string, at: string) => (actual: string) => boolean;

const exact: Matcher = (wanted) => (actual) => actual === wanted;
const like: Matcher = (wanted, at) => {
  const pattern = wildcard(wanted, at);
  return (actual) => pattern.test(actual);
};
/** Each of the six parts is matched on its own, so that `*` doesn't reach over a colon (the last part holds the rest). */
const arnLike: Matcher = (wanted, at) => {
  const patterns = arnParts(wanted).map((part) => wildcard(part, at));
  return (actual) => {
    const parts = arnParts(actual);
    return parts.length === patterns.length && patterns.every((pattern, index) => pattern.test(parts[index] ?? ''));
  };
};
const ignoringCase: Matcher = (wanted) => (actual) => actual.toLowerCase() === wanted.toLowerCase();
const numeric =
  (compare: (actual: number, wanted: number) => boolean): Matcher =>
  (wanted) =>
  (actual) =>
    compare(Number(actual), Number(wanted));

const matchers: Record<string, Matcher> = {
  StringEquals: exact,
  StringEqualsIgnoreCase: ignoringCase,
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: ignoringCase,
  NumericEquals: numeric((actual, wanted) => actual === wanted),
  NumericLessThan: numeric((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numeric((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numeric((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numeric((actual, wanted) => actual >= wanted),
};
const negations: Record<string, string> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
};

export function compileConditions(condition: unknown, at: string): Condition[] {
  return Object.entries(objectAt(condition, at)).flatMap(([operator, keys]) =>
    Object.entries(objectAt(keys, at)).map(([key, values]) =>
      compileCondition(
        operator,
        key.toLowerCase(),
        asList(values).map((value) => stringAt(value, at)),
        `${at}/${operator}`,
      ),
    ),
  );
}

function compileCondition(operator: string, key: string, values: readonly string[], at: string): Condition {
  if (operator === 'Null') return (context) => String(!context.has(key)) === values[0]?.toLowerCase();
  const [, quantifier, bare = operator] = /^(ForAnyValue|ForAllValues):(.+)$/.exec(operator) ?? [];
  const ifExists = bare.endsWith('IfExists');
  const name = ifExists ? bare.slice(0, -'IfExists'.length) : bare;
  const positive = negations[name] ?? name;
  const matcher = matchers[positive];
  if (matcher === undefined) throw new TemplateError(at, `condition operator ${operator} is not simulated`);
  const isNegated = positive !== name;
  const wanted = values.map((value) => matcher(value, at));
  const matches = (actual: string): boolean => wanted.some((test) => test(actual)) !== isNegated;

  return (context) => {
    const actual = context.get(key);
    if (actual === undefined) return ifExists || isNegated || quantifier === 'ForAllValues';
    const list = typeof actual === 'string' ? [actual] : actual;
    if (quantifier === 'ForAllValues') return list.every(matches);
    return isNegated && quantifier === undefined ? list.every(matches) : list.some(matches);
  };
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
