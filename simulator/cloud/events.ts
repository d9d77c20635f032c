/**
 * EventBridge, the default bus: rules with their patterns, delivery a moment later, PutEvents.
 */
import type { Random } from '../random.ts';
import { matches, type EventPattern } from '../event-patterns/index.ts';
import type { SimulatedCloud } from './cloud.ts';
import { targetInput, type InputRules } from './events-input.ts';
import { servicePrincipal } from './events-principal.ts';
import { Deliverer, type Target } from './events-targets.ts';
import { AwsError, type Authorization, type BusEvent, type Call, type Principal, type Service } from './service.ts';

export interface RuleTarget extends Target, InputRules {
  /** Needed by targets without a policy of their own (state machines). */
  roleArn: string | undefined;
}

export interface RuleDeclaration {
  arn: string;
  name: string;
  pattern: EventPattern;
  /** The pattern's sources where it names them plainly: most rules are skipped by this. */
  sources: ReadonlySet<string> | undefined;
  targets: readonly RuleTarget[];
}

/** From an event's arrival to its delivery; AWS speaks of about half a second at the median [K]. */
const deliveryMs = { low: 20, high: 900 };
/** PutEvents: up to 10 entries, 1 MB (API reference PutEvents; the size was 256 KB until 2026 [K]). */
const entriesMax = 10;

export class EventsService implements Service {
  readonly name = 'events';
  /** Events on the bus by detail-type, and matches by rule. */
  readonly published = new Map<string, number>();
  readonly matched = new Map<string, number>();
  readonly deliverer: Deliverer;
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;
  readonly #rules: RuleDeclaration[] = [];

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
    this.#random = cloud.random('events');
    this.deliverer = new Deliverer(cloud, 'events/delivery');
    cloud.onEvent((event) => this.#arrive(event));
  }

  deploy(rule: RuleDeclaration): void {
    this.#rules.push(rule);
  }

  rules(): readonly RuleDeclaration[] {
    return this.#rules;
  }

  authorize({ operation, input }: Call): Authorization[] {
    if (operation !== 'PutEvents') return [];
    return entriesOf(input).map((entry) => ({
      action: 'events:PutEvents',
      resources: [this.#busArn(entry['EventBusName'])],
      context: { 'events:source': String(entry['Source']), 'events:detail-type': String(entry['DetailType']) },
    }));
  }

  handle({ operation, input }: Call): unknown {
    if (operation !== 'PutEvents') throw new Error(`the simulated EventBridge has no operation ${operation}`);
    const entries = entriesOf(input);
    if (entries.length === 0 || entries.length > entriesMax) {
      throw new AwsError(
        'ValidationException',
        `Value at 'entries' failed to satisfy constraint: 1 to ${entriesMax} entries`,
      );
    }
    const results = entries.map((entry) => this.#put(entry));
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  #put(entry: Record<string, unknown>): { EventId: string } | { ErrorCode: string; ErrorMessage: string } {
    const { Source, DetailType, Detail, Resources } = entry;
    if (typeof Source !== 'string' || typeof DetailType !== 'string' || typeof Detail !== 'string') {
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source, DetailType or Detail is not valid.' };
    }
    // Only AWS services send events of the `aws.` sources [API reference PutEventsRequestEntry].
    if (Source.startsWith('aws.')) {
      return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
    }
    if (this.#busArn(entry['EventBusName']) !== this.#busArn(undefined)) {
      // An event for a bus that isn't there is accepted and lost; here that is a mistake of the template.
      throw new Error(`PutEvents to the bus ${String(entry['EventBusName'])}, which is not in the template`);
    }
    let detail: unknown;
    try {
      detail = JSON.parse(Detail);
    } catch {
      detail = undefined;
    }
    if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) {
      return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    }
    this.#cloud.publish({
      source: Source,
      'detail-type': DetailType,
      resources: (Resources as string[] | undefined) ?? [],
      detail: detail as Record<string, unknown>,
    });
    return { EventId: this.#cloud.uuid() };
  }

  #busArn(name: unknown): string {
    const bus = typeof name === 'string' ? name : 'default';
    return bus.startsWith('arn:')
      ? bus
      : `arn:aws:events:${this.#cloud.region}:${this.#cloud.account}:event-bus/${bus}`;
  }

  #arrive(event: BusEvent): void {
    this.published.set(event['detail-type'], (this.published.get(event['detail-type']) ?? 0) + 1);
    for (const rule of this.#rules) {
      if (rule.sources?.has(event.source) === false || !matches(rule.pattern, event)) continue;
      this.matched.set(rule.name, (this.matched.get(rule.name) ?? 0) + 1);
      for (const target of rule.targets) this.#deliver(rule, target, event);
    }
  }

  #deliver(rule: RuleDeclaration, target: RuleTarget, event: BusEvent): void {
    const { arn, name } = rule;
    const asService = servicePrincipal('events.amazonaws.com', arn);
    const principal: Principal = target.roleArn === undefined ? asService : { roleArn: target.roleArn, name };
    const payload = targetInput(target, event, { ruleArn: arn, ruleName: name });
    this.deliverer.deliver(
      {
        target,
        principal,
        payload: () => payload,
        deadLetterBody: JSON.stringify(event),
        deadLetterAttributes: { RULE_ARN: arn },
        deadLetterPrincipal: asService,
      },
      this.#random.integer(deliveryMs.low, deliveryMs.high),
    );
  }
}

function entriesOf(input: Record<string, unknown>): Record<string, unknown>[] {
  return (input['Entries'] as Record<string, unknown>[] | undefined) ?? [];
}
