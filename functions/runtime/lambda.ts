/**
 * The one middleware chain that every function runs in: structured log with the operation's id, metrics, and faults
 * logged by who acts next. A fault leaves with its own `name`, which the state machine matches.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { Fault } from './fault.ts';
import { production, type Runtime, type Wire } from './runtime.ts';

/** Takes the parsed event, gives what the state machine gets. */
type Step = (event: unknown) => Promise<unknown>;
type Invocable = (event: unknown, context: Context) => Promise<unknown>;

/** A Lambda handler that can also be wired to another runtime than Lambda's. */
export type LambdaHandler = Invocable & { withRuntime(runtime: Runtime): Invocable };

/**
 * Wires a step's dependencies on the first invocation and runs it in the chain.
 *
 * @param step takes its dependencies as one argument
 * @param wiring makes each of them from the runtime
 */
export function lambda<D extends object>(
  step: (dependencies: D) => Step,
  wiring: { [K in keyof D]: Wire<D[K]> },
): LambdaHandler {
  const withRuntime = (runtime: Runtime): Invocable => {
    let ready: Step | undefined;
    // Wired inside the chain: what is missing is logged and counted as any other defect.
    return chain(async (event) => (ready ??= step(wire(wiring, runtime)))(event), runtime);
  };
  let wired: Invocable | undefined;
  const handler: Invocable = (event, context) => {
    wired ??= withRuntime(production());
    return wired(event, context);
  };
  return Object.assign(handler, { withRuntime });
}

function wire<D extends object>(wiring: { [K in keyof D]: Wire<D[K]> }, runtime: Runtime): D {
  const dependencies: Partial<D> = {};
  for (const name in wiring) dependencies[name] = wiring[name](runtime);
  return dependencies as D;
}

function chain(step: Step, runtime: Runtime): Invocable {
  const logger = new Logger({ serviceName: 'kafka-autopilot', logLevel: runtime.logLevel });
  const metrics = new Metrics({ namespace: 'KafkaAutopilot', serviceName: 'kafka-autopilot' });
  const write = runtime.writeMetrics;
  // Powertools writes metrics to a console of its own; this is its documented-by-type seam for another sink.
  if (write !== undefined) Object.assign(metrics, { console: { log: write, warn: () => undefined } });

  const handled = middy<unknown, unknown>()
    .before(({ event, context }) => {
      logger.addContext(context);
      logger.resetKeys();
      const operationId = (event as { operationId?: unknown } | null)?.operationId;
      if (typeof operationId === 'string') logger.appendKeys({ operationId });
    })
    .onError(({ error }) => {
      const faultClass = error instanceof Fault ? error.faultClass : 'defect';
      metrics.addDimension('faultClass', faultClass);
      metrics.addMetric('Faults', MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
      const log = { fault: error?.name, faultClass };
      if (faultClass === 'defect') logger.error(error?.message ?? 'unknown', { ...log, error: error as Error });
      else logger.warn(error?.message ?? 'unknown', log);
    })
    .handler(step);
  return (event, context) => handled(event, context);
}
