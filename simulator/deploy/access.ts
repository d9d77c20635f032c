/**
 * Who may do what, all policies together: a role's own, the policies of resources (functions, topics, queues) for AWS
 * services, those of buckets for roles, and the keys behind encrypted topics and queues.
 *
 * Service to encrypted topic or queue: SNS guide sns-key-management, SQS guide "Enable compatibility between event
 * sources from AWS services and encrypted queues" (kms:GenerateDataKey* and kms:Decrypt in the key's policy).
 */
import { isServicePrincipal, type ServicePrincipal } from '../cloud/events-principal.ts';
import { AwsError, type Authorization, type Principal } from '../cloud/service.ts';
import { TemplateError } from './errors.ts';
import type { Iam } from './iam.ts';
import { asList, optional, stringAt } from './json.ts';
import { compilePolicy, type Statement } from './policy.ts';
import type { LoadedTemplate } from './template.ts';

const keyActions = ['kms:GenerateDataKey', 'kms:Decrypt'];
const encrypts = new Set(['sns:Publish', 'sqs:SendMessage']);

export class Access {
  readonly #iam: Iam;
  readonly #onResource = new Map<string, Statement[]>();
  /** The customer's key by the ARN of the topic or queue that it encrypts. */
  readonly #keyOf = new Map<string, string>();

  constructor(iam: Iam, template: LoadedTemplate) {
    this.#iam = iam;
    this.#readPermissions(template);
    this.#readPolicies(template, 'AWS::SNS::TopicPolicy', 'Topics', (topic) => topic);
    const queueArns = new Map(
      template.ofType('AWS::SQS::Queue').map(({ ref, attributes }) => [ref, attributes['Arn'] ?? '']),
    );
    this.#readPolicies(template, 'AWS::SQS::QueuePolicy', 'Queues', (url) => queueArns.get(url) ?? url);
    this.#readPolicies(template, 'AWS::S3::BucketPolicy', 'Bucket', (bucket) => `arn:aws:s3:::${bucket}`);
    this.#readKeys(template);
  }

  /** @throws AwsError AccessDeniedException */
  authorize(principal: Principal, authorizations: readonly Authorization[]): void {
    const needed = [...authorizations, ...authorizations.flatMap((authorization) => this.#keyUse(authorization))];
    if (!isServicePrincipal(principal)) return this.#iam.authorize(principal, this.#beyondBuckets(principal, needed));
    for (const { action, resources } of needed) {
      for (const resource of resources) {
        if (!this.#serviceMay(principal, action, resource)) {
          throw new AwsError(
            'AccessDeniedException',
            `${principal.service} (for ${principal.sourceArn}) is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
            403,
          );
        }
      }
    }
  }

  /**
   * What a role's own policies must still allow, once the buckets' policies were asked: within one account either may
   * allow, and both may deny [IAM guide reference_policies_evaluation-logic_policy-eval-basics-single-account].
   */
  #beyondBuckets(principal: Principal, needed: readonly Authorization[]): Authorization[] {
    const { roleArn } = principal;
    return needed.map((authorization) => {
      const { action, resources, context } = authorization;
      if (!action.startsWith('s3:')) return authorization;
      const left = resources.filter((resource) => {
        const statements = this.#onResource.get(resource.split('/')[0] ?? '') ?? [];
        const verdict = this.#iam.judgeOn(statements, { action, resource, context }, { roleArn });
        if (verdict === 'explicitly-denied') this.#iam.refuse(principal, action, resource);
        return verdict !== 'allowed';
      });
      return { action, context, resources: left };
    });
  }

  #serviceMay({ service, sourceArn }: ServicePrincipal, action: string, resource: string): boolean {
    const statements = this.#onResource.get(resource) ?? [];
    const request = { action, resource, context: { 'aws:SourceArn': sourceArn } };
    return this.#iam.allowsOn(statements, request, { service });
  }

  #keyUse({ action, resources, context }: Authorization): Authorization[] {
    if (!encrypts.has(action)) return [];
    return resources.flatMap((resource) => {
      const key = this.#keyOf.get(resource);
      return key === undefined ? [] : keyActions.map((keyAction) => ({ action: keyAction, resources: [key], context }));
    });
  }

  #add(resource: string, statements: Statement[]): void {
    this.#onResource.set(resource, [...(this.#onResource.get(resource) ?? []), ...statements]);
  }

  /** A permission holds for exactly the function, version or alias that it names. */
  #readPermissions(template: LoadedTemplate): void {
    const { account, region } = template.environment;
    for (const { properties, logicalId } of template.ofType('AWS::Lambda::Permission')) {
      const name = stringAt(properties['FunctionName'], logicalId);
      const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
      const { Principal: service, SourceArn, SourceAccount } = properties;
      const document = {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { Service: stringAt(service, `${logicalId}/Principal`) },
          Action: stringAt(properties['Action'], `${logicalId}/Action`),
          Resource: arn,
          Condition: {
            ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
            ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
          },
        },
      };
      this.#add(arn, compilePolicy(document, logicalId));
    }
  }

  #readPolicies(template: LoadedTemplate, type: string, property: string, arnOf: (name: string) => string): void {
    for (const { properties, logicalId } of template.ofType(type)) {
      const statements = compilePolicy(properties['PolicyDocument'], logicalId);
      for (const name of asList(properties[property])) this.#add(arnOf(stringAt(name, logicalId)), statements);
    }
  }

  #readKeys(template: LoadedTemplate): void {
    const arns = new Map<string, string>();
    for (const { ref, attributes, properties, logicalId } of template.ofType('AWS::KMS::Key')) {
      const arn = attributes['Arn'] ?? '';
      arns.set(ref, arn).set(arn, arn);
      this.#add(arn, compilePolicy(properties['KeyPolicy'], `${logicalId}/KeyPolicy`));
    }
    for (const resource of [...template.ofType('AWS::SNS::Topic'), ...template.ofType('AWS::SQS::Queue')]) {
      const key = optional(resource.properties['KmsMasterKeyId'], resource.logicalId, stringAt);
      // AWS's own keys (`alias/aws/sqs`, SQS-managed) ask nothing of callers within the account's roles.
      if (key === undefined || key.startsWith('alias/aws/')) continue;
      const keyArn = arns.get(key);
      if (keyArn === undefined) throw new TemplateError(resource.logicalId, `key ${key} is not in the template`);
      this.#keyOf.set(resource.attributes['TopicArn'] ?? resource.attributes['Arn'] ?? '', keyArn);
    }
  }
}
