/** Runs one attempt of a Task: arguments, the callback, the task token, TimeoutSeconds and HeartbeatSeconds. */

import { EvaluationFault, StateFailure, TaskFailure } from './faults.ts';
import type { TaskState } from './model.ts';
import { transmit } from './payload.ts';
import { bindingsOf, contextOf, type Run, type Visit } from './run.ts';
import type { TaskRequest } from './task-request.ts';
import { evaluateTemplate, evaluateTyped, type Template } from './template.ts';
import type { OpenToken, TokenOutcome } from './tokens.ts';

/** Resolves with the task's result. Throws StateFailure, or an EvaluationFault before anything was asked of anyone. */
export async function runTask(run: Run, visit: Visit, state: TaskState): Promise<unknown> {
  const waitsForToken = state.integration.pattern === 'wait-for-task-token';
  const token = waitsForToken ? run.tokens.issue(run.executionArn, run.history.nextEventId) : undefined;
  if (token !== undefined) visit.token = token.token;
  const record = recorder(run, visit, state);
  try {
    const request = await buildRequest(run, visit, state);
    const { timeoutMs } = request;
    const heartbeatMs = await seconds(run, visit, 'HeartbeatSeconds', state.heartbeatSeconds);
    record.scheduled(request.arguments, timeoutMs, heartbeatMs);
    const limits = { timeoutMs, heartbeatMs: waitsForToken ? heartbeatMs : undefined };
    const isLimited = limits.timeoutMs !== undefined || limits.heartbeatMs !== undefined;
    const result = isLimited
      ? await runLimited(run, visit, request, token, limits, record)
      : await runUnlimited(run, visit, request, token, record);
    // Answers that come after the execution, or the branch, has ended change nothing.
    visit.frame.scope.check();
    const output = transmit(result, state.resource);
    record.succeeded(output);
    return output;
  } catch (error) {
    visit.frame.scope.check();
    if (error instanceof TaskFailure || error instanceof StateFailure) record.failed(error);
    throw error;
  } finally {
    token?.close();
  }
}

async function buildRequest(run: Run, visit: Visit, state: TaskState): Promise<TaskRequest> {
  const bindings = bindingsOf(run, visit);
  const args =
    state.arguments === undefined ? visit.input : await evaluateTemplate(state.arguments, bindings, 'Arguments');
  const credentials =
    state.credentials === undefined ? undefined : await evaluateTemplate(state.credentials, bindings, 'Credentials');
  const timeoutMs = await seconds(run, visit, 'TimeoutSeconds', state.timeoutSeconds);
  return {
    resource: state.resource,
    integration: state.integration,
    arguments: transmit(args, state.resource),
    stateName: state.name,
    attempt: visit.retryCount,
    context: contextOf(run, visit),
    ...(credentials === undefined ? {} : { credentials }),
    ...(visit.token === undefined ? {} : { taskToken: visit.token }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** Milliseconds. */
async function seconds(
  run: Run,
  visit: Visit,
  field: 'TimeoutSeconds' | 'HeartbeatSeconds',
  template: Template | undefined,
): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluateTyped(template, bindingsOf(run, visit), field, 'number');
  if (Number.isInteger(value) && value > 0 && value <= 99_999_999) return value * 1000;
  // AWS's wording is not recorded anywhere that we know of.
  throw new EvaluationFault(`The ${field} field must be a positive integer but was: ${value}`, field);
}

type Recorder = ReturnType<typeof recorder>;

/** Records the attempt in the words of its kind: LambdaFunction… for a function's ARN, Task… for integrations. */
function recorder(run: Run, visit: Visit, state: TaskState) {
  const { kind, service, action, suffix, pattern } = state.integration;
  const { chain } = visit.frame;
  const names = { resource: `${action}${suffix}`, resourceType: service };
  const isLambda = kind === 'lambda';
  const prefix = isLambda ? 'LambdaFunction' : 'Task';
  const common = isLambda ? {} : names;
  let isScheduled = false;
  return {
    scheduled(args: unknown, timeoutMs: number | undefined, heartbeatMs: number | undefined) {
      run.history.add(chain, `${prefix}Scheduled`, {
        ...(isLambda ? { resource: action, input: args } : { ...names, parameters: args }),
        ...(timeoutMs === undefined ? {} : { timeoutInSeconds: timeoutMs / 1000 }),
        ...(heartbeatMs === undefined ? {} : { heartbeatInSeconds: heartbeatMs / 1000 }),
      });
      run.history.add(chain, `${prefix}Started`, common);
      // The callback of a .sync task answers when the job is over: that it was submitted is not seen apart.
      if (pattern === 'sync') run.history.add(chain, 'TaskSubmitted', common);
      isScheduled = true;
    },
    submitted(output: unknown) {
      run.history.add(chain, 'TaskSubmitted', { ...common, output });
    },
    succeeded(output: unknown) {
      run.history.add(chain, `${prefix}Succeeded`, { ...common, output });
    },
    failed({ error, cause }: TaskFailure | StateFailure) {
      if (!isScheduled) return;
      const type = error === 'States.Timeout' ? `${prefix}TimedOut` : `${prefix}Failed`;
      run.history.add(chain, type, {
        ...common,
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
    },
  };
}

/** Without limits the callback runs inside the calling activity. */
async function runUnlimited(
  run: Run,
  visit: Visit,
  request: TaskRequest,
  token: OpenToken | undefined,
  record: Recorder,
): Promise<unknown> {
  const { scope } = visit.frame;
  const answer = await run.task(request);
  if (token === undefined) return answer;
  scope.check();
  record.submitted(transmit(answer, request.resource));
  if (token.outcome !== undefined) return settle(token.outcome);
  return settle(
    await scope.park<TokenOutcome>(run.scheduler, (resolve) => {
      token.listen(resolve, () => undefined);
      return () => undefined;
    }),
  );
}

function settle(outcome: TokenOutcome): unknown {
  if (outcome.kind === 'success') return outcome.output;
  throw new StateFailure(outcome.error, outcome.cause);
}

interface Limits {
  timeoutMs: number | undefined;
  heartbeatMs: number | undefined;
}

/**
 * With limits the callback is an activity of its own and races them: when one strikes the execution goes on, and what the
 * callback or the token says later is ignored.
 */
async function runLimited(
  run: Run,
  visit: Visit,
  request: TaskRequest,
  token: OpenToken | undefined,
  limits: Limits,
  record: Recorder,
): Promise<unknown> {
  const { scheduler } = run;
  return visit.frame.scope.park<unknown>(scheduler, (resolve, reject) => {
    let isOver = false;
    let isSubmitted = false;
    const arm = (delayMs: number | undefined, alias?: string) =>
      delayMs === undefined ? () => undefined : scheduler.after(delayMs, () => reject(timeout(alias)));
    const cancelTimeout = arm(limits.timeoutMs);
    let cancelHeartbeat = arm(limits.heartbeatMs, 'States.HeartbeatTimeout');

    const attempt = (conclude: () => unknown) => {
      try {
        resolve(conclude());
      } catch (error) {
        reject(error);
      }
    };
    token?.listen(
      (outcome) => {
        if (isSubmitted) attempt(() => settle(outcome));
      },
      () => {
        cancelHeartbeat();
        cancelHeartbeat = arm(limits.heartbeatMs, 'States.HeartbeatTimeout');
      },
    );
    const onAnswer = (answer: unknown) => {
      if (isOver) return;
      if (token === undefined) return resolve(answer);
      isSubmitted = true;
      try {
        record.submitted(transmit(answer, request.resource));
      } catch (error) {
        return reject(error);
      }
      // Answered before the request that carried the token returned.
      const { outcome } = token;
      if (outcome !== undefined) attempt(() => settle(outcome));
    };
    scheduler.spawn(() => run.task(request)).then(onAnswer, reject);
    return () => {
      isOver = true;
      cancelTimeout();
      cancelHeartbeat();
    };
  });
}

/** AWS records both limits as States.Timeout and gives no cause; see README for the alias. */
function timeout(alias: string | undefined): StateFailure {
  return new StateFailure('States.Timeout', undefined, alias === undefined ? {} : { alias });
}
