/**
 * IAM policy documents: statements compiled once, matched often. An element, operator or variable that is not known is an
 * error at load: a condition that is skipped would allow what AWS denies.
 *
 * Grammar and matching: IAM User Guide, "IAM JSON policy elements reference" (Action, Resource and their Not forms take
 * `*` and `?`; actions and condition keys ignore case; all conditions must hold, any value of one key suffices).
 */
import { compileConditions, type Condition, type Context } from './policy-conditions.ts';
import { wildcard } from './wildcard.ts';
import { TemplateError } from './errors.ts';
import { asList, objectAt, stringAt, type JsonObject } from './json.ts';

export interface Statement {
  effect: 'Allow' | 'Deny';
  /** Undefined in identity policies. */
  principal: PrincipalMatcher | undefined;
  matchesAction(action: string): boolean;
  matchesResource(resource: string): boolean;
  conditions: readonly Condition[];
}

export interface Request {
  action: string;
  resource: string;
  context: Context;
}

/** Who asks a resource's policy: a service (`events.amazonaws.com`), or a role of the account. */
export interface Asker {
  service?: string;
  roleArn?: string;
  account: string;
}

type PrincipalMatcher = (asker: Asker) => boolean;

const elements = new Set(['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);

/** @throws TemplateError for anything that isn't understood */
export function compilePolicy(document: unknown, at: string): Statement[] {
  const policy = objectAt(document, at);
  for (const key of Object.keys(policy)) {
    if (key !== 'Version' && key !== 'Id' && key !== 'Statement')
      throw new TemplateError(`${at}/${key}`, 'unknown element');
  }
  if (policy['Version'] !== '2012-10-17') throw new TemplateError(`${at}/Version`, 'expected 2012-10-17');
  return asList(policy['Statement']).map((statement, index) =>
    compileStatement(objectAt(statement, at), `${at}/${index}`),
  );
}

function compileStatement(statement: JsonObject, at: string): Statement {
  for (const key of Object.keys(statement)) {
    if (!elements.has(key)) throw new TemplateError(`${at}/${key}`, 'unknown element of a statement');
  }
  const { Effect, Principal, Action, NotAction, Resource, NotResource, Condition } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new TemplateError(`${at}/Effect`, 'expected Allow or Deny');
  if ((Action === undefined) === (NotAction === undefined)) throw new TemplateError(at, 'expected Action or NotAction');
  if (Resource !== undefined && NotResource !== undefined)
    throw new TemplateError(at, 'Resource and NotResource together');
  const actions = wildcards(Action ?? NotAction, `${at}/Action`, 'i');
  // A role's trust policy has no Resource: it is about the role itself.
  const resources = wildcards(Resource ?? NotResource ?? '*', `${at}/Resource`, '');
  return {
    effect: Effect,
    principal: Principal === undefined ? undefined : compilePrincipal(Principal, `${at}/Principal`),
    matchesAction: (action) => actions.some((pattern) => pattern.test(action)) === (Action !== undefined),
    matchesResource: (resource) => resources.some((pattern) => pattern.test(resource)) === (NotResource === undefined),
    conditions: compileConditions(Condition ?? {}, `${at}/Condition`),
  };
}

function compilePrincipal(principal: unknown, at: string): PrincipalMatcher {
  if (principal === '*') return () => true;
  const { Service, AWS, ...others } = objectAt(principal, at);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new TemplateError(`${at}/${unknown}`, 'this kind of principal is not simulated');
  const services = new Set(asList(Service).map((service) => stringAt(service, at)));
  const identities = asList(AWS).map((identity) => stringAt(identity, at));
  return ({ service, roleArn, account }) =>
    (service !== undefined && services.has(service)) ||
    identities.some(
      (identity) =>
        identity === '*' ||
        (roleArn !== undefined &&
          (identity === roleArn || identity === account || identity === `arn:aws:iam::${account}:root`)),
    );
}

function wildcards(value: unknown, at: string, flags: string): RegExp[] {
  return asList(value).map((item) => wildcard(stringAt(item, at), at, flags));
}

export type Verdict = 'allowed' | 'implicitly-denied' | 'explicitly-denied';

/** An explicit deny wins over any allow; without an allow the answer is no. */
export function judge(statements: readonly Statement[], request: Request, asker?: Asker): Verdict {
  let verdict: Verdict = 'implicitly-denied';
  for (const statement of statements) {
    if (asker !== undefined && statement.principal?.(asker) !== true) continue;
    if (!statement.matchesAction(request.action) || !statement.matchesResource(request.resource)) continue;
    if (!statement.conditions.every((holds) => holds(request.context))) continue;
    if (statement.effect === 'Deny') return 'explicitly-denied';
    verdict = 'allowed';
  }
  return verdict;
}
