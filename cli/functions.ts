/** Invokes deployed functions: the only way in which the command changes anything. */
import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { errorCode, toFault } from '../functions/gateways/classify.ts';
import { retryingClient } from '../functions/gateways/client.ts';
import type { Runtime } from '../functions/runtime/runtime.ts';
import { type Account, FunctionFailed } from './account.ts';

/** An operator waits for start-workflow and its like no longer than this. */
const INVOKE_MS = 60_000;

/**
 * Calls `<fleet>-<verb>`. May be repeated by the SDK: a request id, a plan's hash and a pause are each carried out once.
 *
 * @throws FunctionFailed where the function ended in an error or is not there, a fault where Lambda did not run it
 */
export function deployedFunctions(runtime: Runtime, fleetName: string): Account['invoke'] {
  const lambda = runtime.connect(
    new LambdaClient({
      ...retryingClient(runtime),
      requestHandler: { connectionTimeout: 3_000, requestTimeout: INVOKE_MS, throwOnRequestTimeout: true },
    }),
  );
  return async (verb, payload) => {
    const FunctionName = `${fleetName}-${verb}`;
    const Payload = JSON.stringify(payload);
    let answer: InvokeCommandOutput;
    try {
      // The alias if there is one: it names the version that is meant to run.
      answer = await lambda
        .send(new InvokeCommand({ FunctionName, Payload, Qualifier: 'live' }))
        .catch((error: unknown) => {
          if (!isMissing(error)) throw error;
          return lambda.send(new InvokeCommand({ FunctionName, Payload }));
        });
    } catch (error) {
      if (!isMissing(error)) throw toFault(error, 'mutation');
      throw new FunctionFailed(verb, 'NotDeployed', `there is no function ${FunctionName} in this account and Region`);
    }
    const text = new TextDecoder().decode(answer.Payload);
    const value: unknown = text === '' ? undefined : JSON.parse(text);
    if (answer.FunctionError !== undefined) {
      const { errorType = 'Unknown', errorMessage = text } = (value ?? {}) as Record<string, string | undefined>;
      throw new FunctionFailed(verb, errorType, errorMessage);
    }
    return value;
  };
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ResourceNotFoundException';
}
