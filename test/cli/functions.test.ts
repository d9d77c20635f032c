import { describe, expect, it } from '@jest/globals';
import { deployedFunctions } from '../../cli/functions.ts';
import { json, jsonError, type Reply, wired } from '../gateways/http.ts';

const missing = jsonError('ResourceNotFoundException', 'Function not found', 404);
const failure: Reply = json({ errorType: 'UnknownCluster', errorMessage: 'no cluster x' }, 200, {
  'x-amz-function-error': 'Unhandled',
});

describe('deployedFunctions', () => {
  it('invokes the alias live of the fleet’s function and gives its answer', async () => {
    const { runtime, bodies, requests } = wired(() => json({ answered: true }));
    const answer = await deployedFunctions(runtime, 'demo')('answer-approval', { operationId: 'x' });
    expect(answer).toEqual({ answered: true });
    expect(bodies).toEqual(['{"operationId":"x"}']);
    expect(requests[0]).toMatchObject({
      path: '/2015-03-31/functions/demo-answer-approval/invocations',
      query: { Qualifier: 'live' },
    });
  });

  it('invokes the function itself where it has no alias', async () => {
    const { runtime, requests } = wired((_body, count) => (count === 0 ? missing : json({ subject: '*' })));
    await expect(deployedFunctions(runtime, 'demo')('set-pause', {})).resolves.toEqual({ subject: '*' });
    expect(requests[1]).toMatchObject({ query: {} });
  });

  it.each([
    ['a function that is not deployed', missing, 'NotDeployed'],
    ['a function that ended in a fault', failure, 'UnknownCluster'],
    ['no permission', jsonError('AccessDeniedException', 'not authorized', 403), 'AccessDenied'],
  ])('says so: %s', async (_title, reply, name) => {
    const { runtime } = wired(() => reply);
    await expect(deployedFunctions(runtime, 'demo')('start-workflow', {})).rejects.toMatchObject({ name });
  });
});
