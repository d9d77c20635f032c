/**
 * The roles of a template and what they may do. Explicit deny over allow, no allow is no; trust is checked where a
 * service is given a role. The context keys that every request carries are added here.
 */
import { AwsError, type Authorization, type Principal } from '../cloud/service.ts';
import { TemplateError } from './errors.ts';
import { asList, isObject, objectAt, stringAt } from './json.ts';
import { compilePolicy, judge, type Asker, type Statement, type Verdict } from './policy.ts';
import type { LoadedTemplate, Resource } from './template.ts';

interface Role {
  arn: string;
  name: string;
  trust: Statement[];
  statements: Statement[];
  /** Verdicts by action and resource, for statements without conditions. */
  seen: Map<string, Verdict>;
  isConditional: boolean;
}

/** What AWS's own policies grant, as far as templates name them [IAM managed policy reference, service-role/…]. */
const awsManaged: Record<string, object> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
    ],
  },
};

export class Iam {
  readonly #roles = new Map<string, Role>();
  readonly #byName = new Map<string, Role>();
  readonly #account: string;
  readonly #region: string;
  /** Requests that were refused, by `<role name> <action>`: for the summary and for finding what a template forgot. */
  readonly denied = new Map<string, number>();

  constructor(template: LoadedTemplate) {
    this.#account = template.environment.account;
    this.#region = template.environment.region;
    const managed = new Map<string, Resource>();
    for (const policy of template.ofType('AWS::IAM::ManagedPolicy')) managed.set(policy.ref, policy);
    for (const resource of template.ofType('AWS::IAM::Role')) this.#addRole(resource, managed);
    for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
      for (const { properties, logicalId } of template.ofType(type)) {
        for (const role of asList(properties['Roles'])) {
          this.#attach(stringAt(role, logicalId), compilePolicy(properties['PolicyDocument'], logicalId));
        }
      }
    }
  }

  /** A service is handed the role. @throws TemplateError where the role's trust policy doesn't name the service. */
  requireTrust(roleArn: string, service: string, at: string): void {
    const role = this.#roles.get(roleArn);
    if (role === undefined) throw new TemplateError(at, `role ${roleArn} is not in the template`);
    if (!this.isTrusting(roleArn, service)) {
      throw new TemplateError(at, `the role ${role.name} cannot be assumed by ${service}`);
    }
  }

  /** Whether there is such a role and its trust policy names the service. */
  isTrusting(roleArn: string, service: string): boolean {
    const role = this.#roles.get(roleArn);
    if (role === undefined) return false;
    const asker: Asker = { service, account: this.#account };
    const context = this.#context(roleArn, {});
    return judge(role.trust, { action: 'sts:AssumeRole', resource: roleArn, context }, asker) === 'allowed';
  }

  /** @throws AwsError AccessDeniedException naming principal, action and resource */
  authorize(principal: Principal, authorizations: readonly Authorization[]): void {
    const role = this.#roles.get(principal.roleArn);
    for (const { action, resources, context } of authorizations) {
      for (const resource of resources) {
        const verdict = role === undefined ? 'implicitly-denied' : this.#judge(role, action, resource, context);
        if (verdict === 'allowed') continue;
        const key = `${principal.name} ${action}`;
        this.denied.set(key, (this.denied.get(key) ?? 0) + 1);
        throw new AwsError(
          'AccessDeniedException',
          deniedMessage(principal, action, resource, identityReason(verdict, action), this.#account),
          403,
        );
      }
    }
  }

  /** Whether a policy on a resource lets this service or role do it. */
  allowsOn(...question: Parameters<Iam['judgeOn']>): boolean {
    return this.judgeOn(...question) === 'allowed';
  }

  /** What a policy on a resource says to this service or role. */
  judgeOn(
    statements: readonly Statement[],
    request: { action: string; resource: string; context: Authorization['context'] },
    asker: { service?: string; roleArn?: string },
  ): Verdict {
    const { action, resource } = request;
    const context = this.#context(asker.roleArn ?? '', request.context);
    return judge(statements, { action, resource, context }, { ...asker, account: this.#account });
  }

  /** @throws AwsError for a role that a resource's policy refuses */
  refuse(principal: Principal, action: string, resource: string): never {
    const key = `${principal.name} ${action}`;
    this.denied.set(key, (this.denied.get(key) ?? 0) + 1);
    const because = 'with an explicit deny in a resource-based policy';
    throw new AwsError(
      'AccessDeniedException',
      deniedMessage(principal, action, resource, because, this.#account),
      403,
    );
  }

  #judge(role: Role, action: string, resource: string, given: Authorization['context']): Verdict {
    if (role.isConditional) {
      return judge(role.statements, { action, resource, context: this.#context(role.arn, given) });
    }
    const key = `${action} ${resource}`;
    let verdict = role.seen.get(key);
    if (verdict === undefined) {
      verdict = judge(role.statements, { action, resource, context: this.#context(role.arn, given) });
      if (role.seen.size < 10_000) role.seen.set(key, verdict);
    }
    return verdict;
  }

  #context(principalArn: string, given: Authorization['context']): Map<string, string | readonly string[]> {
    const context = new Map<string, string | readonly string[]>([
      ['aws:principalarn', principalArn],
      ['aws:principalaccount', this.#account],
      ['aws:requestedregion', this.#region],
      ['aws:securetransport', 'true'],
      ['aws:sourceaccount', this.#account],
    ]);
    for (const [key, value] of Object.entries(given)) context.set(key.toLowerCase(), value);
    return context;
  }

  #addRole(resource: Resource, managed: Map<string, Resource>): void {
    const { properties, logicalId, attributes } = resource;
    const arn = stringAt(attributes['Arn'], logicalId);
    const role: Role = {
      arn,
      name: resource.ref,
      trust: compilePolicy(properties['AssumeRolePolicyDocument'], `${logicalId}/AssumeRolePolicyDocument`),
      statements: [],
      seen: new Map(),
      isConditional: false,
    };
    this.#roles.set(arn, role);
    this.#byName.set(resource.ref, role);
    for (const policy of asList(properties['Policies'])) {
      this.#attach(role.name, compilePolicy(objectAt(policy, logicalId)['PolicyDocument'], `${logicalId}/Policies`));
    }
    for (const item of asList(properties['ManagedPolicyArns'])) {
      const policyArn = stringAt(item, logicalId);
      const document = managed.get(policyArn)?.properties['PolicyDocument'] ?? awsManaged[policyArn];
      if (!isObject(document)) throw new TemplateError(logicalId, `managed policy ${policyArn} is not simulated`);
      this.#attach(role.name, compilePolicy(document, `${logicalId}/${policyArn}`));
    }
  }

  #attach(roleName: string, statements: Statement[]): void {
    const role = this.#byName.get(roleName);
    if (role === undefined)
      throw new TemplateError(roleName, 'a policy is attached to a role that is not in the template');
    role.statements.push(...statements);
    role.isConditional ||= statements.some((statement) => statement.conditions.length > 0);
  }
}

/** As in most services' messages (IAM User Guide, "Troubleshoot access denied error messages"). */
function deniedMessage(
  { roleArn, name }: Principal,
  action: string,
  resource: string,
  because: string,
  account: string,
): string {
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const session = `arn:aws:sts::${account}:assumed-role/${roleName}/${name}`;
  return `User: ${session} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
}

function identityReason(verdict: Verdict, action: string): string {
  return verdict === 'explicitly-denied'
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`;
}
