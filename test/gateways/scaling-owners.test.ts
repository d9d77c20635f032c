import { describe, expect, it } from '@jest/globals';
import { scalingOwnersGateway } from '../../functions/gateways/scaling-owners.ts';
import { json, jsonError, wired } from './http.ts';

const arn = (n: number) => `arn:aws:kafka:eu-central-1:111122223333:cluster/c${String(n).padStart(2, '0')}/u-1`;
const target = (n: number) => ({
  ServiceNamespace: 'kafka',
  ResourceId: arn(n),
  ScalableDimension: 'kafka:broker-storage:VolumeSize',
  MinCapacity: 1,
  MaxCapacity: 1000 + n,
  RoleARN: 'arn:aws:iam::111122223333:role/r',
  CreationTime: 1_768_471_200,
});

describe('storageTargets', () => {
  it('asks for 50 ids at a time, page by page, each id once', async () => {
    const answers = [
      { ScalableTargets: [target(7)], NextToken: 'page-2' },
      { ScalableTargets: [target(3)] },
      { ScalableTargets: [target(50)] },
    ];
    const { runtime, bodies } = wired((_body, count) => json(answers[count]));
    const arns = Array.from({ length: 51 }, (_, n) => arn(n));
    await expect(scalingOwnersGateway(runtime).storageTargets([...arns, arn(0)])).resolves.toEqual([
      { clusterArn: arn(3), sizeGibMax: 1003 },
      { clusterArn: arn(7), sizeGibMax: 1007 },
      { clusterArn: arn(50), sizeGibMax: 1050 },
    ]);
    const sent = bodies.map((body) => JSON.parse(body) as { ResourceIds: string[]; NextToken?: string });
    expect(sent[0]).toMatchObject({ ServiceNamespace: 'kafka', ScalableDimension: 'kafka:broker-storage:VolumeSize' });
    expect(sent.map((one) => [one.ResourceIds.length, one.NextToken])).toEqual([
      [50, undefined],
      [50, 'page-2'],
      [1, undefined],
    ]);
  });

  it('of no clusters asks nothing', async () => {
    const { runtime, bodies } = wired(() => new Error('nobody should ask'));
    await expect(scalingOwnersGateway(runtime).storageTargets([])).resolves.toEqual([]);
    expect(bodies).toEqual([]);
  });

  it.each([
    ['no permission', jsonError('AccessDeniedException', 'no'), 'AccessDenied'],
    [
      'a target without a maximum',
      json({ ScalableTargets: [{ ...target(1), MaxCapacity: undefined }] }),
      'UnknownAwsError',
    ],
    ['an endless listing', json({ NextToken: 'again' }), 'UnknownAwsError'],
  ])('an owner that cannot be read is not "no owner": %s', async (_title, reply, name) => {
    const { runtime } = wired(() => reply);
    await expect(scalingOwnersGateway(runtime).storageTargets([arn(1)])).rejects.toMatchObject({ name });
  });
});
