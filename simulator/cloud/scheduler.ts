/**
 * EventBridge Scheduler: recurring schedules of the template, one-time schedules made through its API. Invokes within the
 * minute of the scheduled time, as the schedule's role; retries and dead-letter queue as for rules.
 *
 * Scheduler guide: schedule-types (60-second precision; a rate without StartDate begins at once),
 * managing-schedule-context-attributes; SDK scheduler.
 */
import type { Random } from '../random.ts';
import type { SimulatedCloud } from './cloud.ts';
import { Deliverer, type Target } from './events-targets.ts';
import type { ScheduleExpression } from './scheduler-expression.ts';
import { readSchedule, scheduleOutput, type ScheduleRequest } from './scheduler-request.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

export interface ScheduleDeclaration {
  arn: string;
  name: string;
  expression: ScheduleExpression;
  target: Target & { roleArn: string; input: string | undefined };
}

/** "between 1:00:00 and 1:00:59": the guide's own words for its precision. */
const precisionMs = 59_999;

/** One-time schedules, by group and name. */
interface Created {
  request: ScheduleRequest;
  /** The request itself: a retry of the SDK's brings the same one, with the same token that it made up. */
  input: Record<string, unknown>;
  createdAtMs: number;
  cancel: () => void;
}

export interface SchedulerOptions {
  /** Whether the role's trust policy names the scheduler. */
  mayAssume?: (roleArn: string) => boolean;
}

export class SchedulerService implements Service {
  readonly name = 'scheduler';
  readonly deliverer: Deliverer;
  /** Invocations by schedule. */
  readonly fired = new Map<string, number>();
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;
  readonly #mayAssume: (roleArn: string) => boolean;
  readonly #schedules: ScheduleDeclaration[] = [];
  readonly #groups = new Set(['default']);
  readonly #created = new Map<string, Created>();
  #executions = 0;

  constructor(cloud: SimulatedCloud, { mayAssume = () => true }: SchedulerOptions = {}) {
    this.#cloud = cloud;
    this.#random = cloud.random('scheduler');
    this.#mayAssume = mayAssume;
    this.deliverer = new Deliverer(cloud, 'scheduler/delivery');
  }

  schedules(): readonly ScheduleDeclaration[] {
    return this.#schedules;
  }

  /** From now on. */
  deploy(schedule: ScheduleDeclaration): void {
    this.#schedules.push(schedule);
    this.#arm(schedule, schedule.expression.first(this.#cloud.clock.nowMs()));
  }

  addGroup(name: string): void {
    this.#groups.add(name);
  }

  /** One-time schedules that exist, in the order of being made. */
  oneTime(): { group: string; name: string; atMs: number; input: string | undefined }[] {
    return [...this.#created.values()].map(({ request: { group, name, atMs, target } }) => ({
      group,
      name,
      atMs,
      input: target.input,
    }));
  }

  authorize({ operation, input }: Call): Authorization[] {
    const group = (input['GroupName'] as string | undefined) ?? 'default';
    const resources = [this.#arn(group, String(input['Name']))];
    const own = { action: `scheduler:${operation}`, resources, context: {} };
    if (operation !== 'CreateSchedule') return [own];
    const { RoleArn } = (input['Target'] ?? {}) as { RoleArn?: string };
    const context = { 'iam:PassedToService': 'scheduler.amazonaws.com' };
    return [own, { action: 'iam:PassRole', resources: [RoleArn ?? ''], context }];
  }

  handle({ operation, input }: Call): unknown {
    const group = (input['GroupName'] as string | undefined) ?? 'default';
    const key = `${group}/${String(input['Name'])}`;
    if (operation === 'CreateSchedule') return this.#create(key, input);
    const created = this.#created.get(key);
    if (created === undefined) {
      if (this.#schedules.some(({ arn }) => arn === this.#arn(group, String(input['Name'])))) {
        throw new Error(`the simulated ${operation} knows schedules made by CreateSchedule only`);
      }
      throw new AwsError('ResourceNotFoundException', `Schedule ${String(input['Name'])} does not exist.`, 404);
    }
    if (operation === 'GetSchedule') {
      return scheduleOutput(created.request, this.#arn(group, created.request.name), created.createdAtMs);
    }
    if (operation !== 'DeleteSchedule') throw new Error(`the simulated Scheduler does not know ${operation}`);
    created.cancel();
    this.#created.delete(key);
    return {};
  }

  #create(key: string, input: Record<string, unknown>): unknown {
    const { clock } = this.#cloud;
    const request = readSchedule(input);
    const { group, name, atMs, target } = request;
    if (!this.#groups.has(group)) {
      throw new AwsError('ResourceNotFoundException', `Schedule group ${group} does not exist.`, 404);
    }
    const arn = this.#arn(group, name);
    const known = this.#created.get(key);
    const token = request.clientToken;
    const isRepeated = known?.input === input || (token !== undefined && known?.request.clientToken === token);
    if (isRepeated) return { ScheduleArn: arn };
    if (known !== undefined || this.#schedules.some((schedule) => schedule.arn === arn)) {
      throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
    }
    if (!this.#mayAssume(target.roleArn)) {
      const message = 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
      throw new AwsError('ValidationException', message, 400);
    }
    if (atMs < clock.nowMs()) {
      // Refused here; what AWS does with a time that has passed is not documented [?].
      throw new AwsError('ValidationException', 'The schedule time must be in the future.', 400);
    }
    const created: Created = { request, input, createdAtMs: clock.nowMs(), cancel: () => undefined };
    created.cancel = clock.at(atMs, () => {
      this.#fire({ arn, name, target }, atMs);
      if (!request.deletesItself) return;
      // After its only invocation, which comes within the minute.
      created.cancel = clock.after(precisionMs + 1, () => this.#created.delete(key));
    });
    this.#created.set(key, created);
    return { ScheduleArn: arn };
  }

  #arn(group: string, name: string): string {
    const { region, account } = this.#cloud;
    return `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`;
  }

  #arm(schedule: ScheduleDeclaration, atMs: number | undefined): void {
    if (atMs === undefined) return;
    this.#cloud.clock.at(atMs, () => {
      this.#fire(schedule, atMs);
      this.#arm(schedule, schedule.expression.next(atMs));
    });
  }

  #fire({ arn, name, target }: Omit<ScheduleDeclaration, 'expression'>, scheduledMs: number): void {
    this.fired.set(name, (this.fired.get(name) ?? 0) + 1);
    this.#executions += 1;
    const executionId = this.#executions.toString(16).padStart(16, '0');
    const payload = (attempt: number): string =>
      fillAttributes(target.input ?? '{}', {
        'schedule-arn': arn,
        'scheduled-time': `${new Date(scheduledMs).toISOString().slice(0, 19)}Z`,
        'execution-id': executionId,
        'attempt-number': String(attempt),
      });
    this.deliverer.deliver(
      {
        target,
        principal: { roleArn: target.roleArn, name },
        payload,
        deadLetterBody: payload(1),
        deadLetterAttributes: { SCHEDULE_ARN: arn, SCHEDULED_TIME: new Date(scheduledMs).toISOString() },
        deadLetterPrincipal: { roleArn: target.roleArn, name },
      },
      this.#random.integer(0, precisionMs),
    );
  }
}

function fillAttributes(input: string, attributes: Record<string, string>): string {
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (keyword, name: string) => attributes[name] ?? keyword);
}
