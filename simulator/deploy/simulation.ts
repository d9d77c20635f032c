/** A deployed system: virtual time to run, functions to invoke as the operator, counters to read. */
import type { VirtualClock } from '../clock.ts';
import { operator, type SimulatedCloud } from '../cloud/cloud.ts';
import type { WorkflowSummary } from '../cloud/states-records.ts';
import type { Deployment } from './deployment.ts';
import { TemplateError } from './errors.ts';

export interface RunHooks {
  /** Whenever everything has come to rest; invariants are checked here. */
  afterEach?(): void;
}

/** What a run did, in numbers; the same seed gives the same. */
export interface SimulationCounters {
  virtualMs: number;
  handlerInvocations: Record<string, number>;
  functionErrors: Record<string, number>;
  apiCalls: Record<string, number>;
  throttledCalls: Record<string, number>;
  deniedCalls: Record<string, number>;
  workflows: Record<string, WorkflowSummary>;
  events: Record<string, number>;
  ruleMatches: Record<string, number>;
  deliveries: { delivered: number; deadLettered: number; dropped: number };
  /** Messages that lie in dead-letter queues, by queue name. */
  deadLetters: Record<string, number>;
}

export class DeployedSystem {
  readonly cloud: SimulatedCloud;
  readonly clock: VirtualClock;
  readonly deployment: Deployment;
  readonly startMs: number;
  readonly #hooks: RunHooks[] = [];
  #isRunning = false;

  constructor(cloud: SimulatedCloud, deployment: Deployment) {
    this.cloud = cloud;
    this.clock = cloud.clock;
    this.deployment = deployment;
    this.startMs = cloud.clock.nowMs();
  }

  /** Hooks of every run from now on. */
  observe(hooks: RunHooks): void {
    this.#hooks.push(hooks);
  }

  /** Runs virtual time up to and including `untilMs`. */
  async run(untilMs: number, hooks: RunHooks = {}): Promise<void> {
    const all = [...this.#hooks, hooks];
    this.#isRunning = true;
    try {
      await this.clock.run(untilMs, () => {
        for (const hook of all) hook.afterEach?.();
      });
    } finally {
      this.#isRunning = false;
    }
  }

  /**
   * Does work that takes virtual time (a call, an invocation) and lets that time pass. From within a run it is part of the
   * activity that asks for it.
   */
  async within<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isRunning) return work();
    const state = { isSettled: false };
    const outcome = this.clock
      .spawn(() => this.cloud.invocation(work))
      .finally(() => {
        state.isSettled = true;
      });
    // It is looked at below, in its own time.
    outcome.catch(() => undefined);
    while (!state.isSettled) {
      const nextMs = this.clock.nextMs();
      if (nextMs === undefined) throw new Error('the work never ends: nothing is left to happen');
      await this.run(nextMs);
      // The outcome travels through a few promises before it is seen here.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return outcome;
  }

  /**
   * Invokes a function as the operator.
   *
   * @param verb as in its file's name, e.g. `start-workflow`
   * @throws Error named as the function's error where it failed
   */
  async invoke(verb: string, payload: unknown): Promise<unknown> {
    const declaration = this.deployment.lambda.byVerb(verb);
    if (declaration === undefined) throw new TemplateError(verb, 'there is no such function in the template');
    return this.within(async () => {
      const answer = (await this.cloud.call({
        service: 'lambda',
        operation: 'Invoke',
        input: { FunctionName: declaration.arn, Payload: JSON.stringify(payload) },
        principal: operator,
        atMs: this.clock.nowMs(),
      })) as { Payload: Uint8Array; FunctionError?: string };
      const result: unknown = JSON.parse(new TextDecoder().decode(answer.Payload));
      if (answer.FunctionError === undefined) return result;
      const { errorType = 'Unknown', errorMessage = '' } = result as { errorType?: string; errorMessage?: string };
      throw Object.assign(new Error(errorMessage), { name: errorType });
    });
  }

  counters(): SimulationCounters {
    const { lambda, states, events, scheduler, queues, iam } = this.deployment;
    const deliveries = { ...events.deliverer.counts };
    deliveries.delivered += scheduler.deliverer.counts.delivered;
    deliveries.deadLettered += scheduler.deliverer.counts.deadLettered;
    deliveries.dropped += scheduler.deliverer.counts.dropped;
    return {
      virtualMs: this.clock.nowMs() - this.startMs,
      handlerInvocations: sorted(lambda.handlerInvocations),
      functionErrors: sorted(lambda.functionErrors),
      apiCalls: sorted(this.cloud.apiCalls),
      throttledCalls: sorted(this.cloud.throttle.refused),
      deniedCalls: sorted(iam.denied),
      workflows: sorted(states.workflows),
      events: sorted(events.published),
      ruleMatches: sorted(events.matched),
      deliveries,
      deadLetters: sorted(
        new Map([...queues.queues()].map(([arn, messages]) => [arn.slice(arn.lastIndexOf(':') + 1), messages.length])),
      ),
    };
  }
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
