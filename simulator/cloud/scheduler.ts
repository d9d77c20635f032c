/**
 * EventBridge Scheduler: recurring schedules of the template. Invokes within the minute of the scheduled time, as the
 * schedule's role; retries and dead-letter queue as for rules.
 *
 * Scheduler guide: schedule-types (60-second precision; a rate without StartDate begins at once),
 * managing-schedule-context-attributes.
 */
import type { Random } from '../random.ts';
import type { SimulatedCloud } from './cloud.ts';
import { Deliverer, type Target } from './events-targets.ts';
import type { ScheduleExpression } from './scheduler-expression.ts';

export interface ScheduleDeclaration {
  arn: string;
  name: string;
  expression: ScheduleExpression;
  target: Target & { roleArn: string; input: string | undefined };
}

/** "between 1:00:00 and 1:00:59": the guide's own words for its precision. */
const precisionMs = 59_999;

export class SchedulerService {
  readonly deliverer: Deliverer;
  /** Invocations by schedule. */
  readonly fired = new Map<string, number>();
  readonly #cloud: SimulatedCloud;
  readonly #random: Random;
  readonly #schedules: ScheduleDeclaration[] = [];
  #executions = 0;

  constructor(cloud: SimulatedCloud) {
    this.#cloud = cloud;
    this.#random = cloud.random('scheduler');
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

  #arm(schedule: ScheduleDeclaration, atMs: number | undefined): void {
    if (atMs === undefined) return;
    this.#cloud.clock.at(atMs, () => {
      this.#fire(schedule, atMs);
      this.#arm(schedule, schedule.expression.next(atMs));
    });
  }

  #fire({ arn, name, target }: ScheduleDeclaration, scheduledMs: number): void {
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
