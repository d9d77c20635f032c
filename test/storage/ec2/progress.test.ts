import { describe, expect, it } from '@jest/globals';
import type { EbsGateway, EbsVolume, VolumeModification } from '../../../functions/gateways/types.ts';
import { progress } from '../../../functions/storage/ec2/progress.ts';
import { anEbsVolume } from '../../support/storage-world.ts';

const modification = (change: Partial<VolumeModification> = {}): VolumeModification => ({
  volumeId: 'vol-1',
  state: 'optimizing',
  originalGib: 100,
  targetGib: 134,
  startedAtMs: 0,
  ...change,
});

async function seen(newest: VolumeModification | undefined, volume: EbsVolume | undefined) {
  let volumeReads = 0;
  const ebs: Pick<EbsGateway, 'volume' | 'modifications'> = {
    modifications: () => Promise.resolve(newest === undefined ? [] : [newest]),
    volume: () => {
      volumeReads += 1;
      return Promise.resolve(volume);
    },
  };
  const reached = await progress({ ebs: ebs as EbsGateway }, { volumeId: 'vol-1', targetGib: 134 });
  return { ...reached, volumeReads };
}
const small = anEbsVolume({ sizeGib: 100 });
const large = anEbsVolume({ sizeGib: 134 });

describe('a growth', () => {
  it.each([
    [
      'has not come far while it is modified, though the size is shown early (S4)',
      modification({ state: 'modifying' }),
      { state: 'pending' },
    ],
    ['can be used from optimizing on (S3)', modification(), { state: 'usable', sizeGib: 134 }],
    ['is completed when EC2 says so', modification({ state: 'completed' }), { state: 'completed', sizeGib: 134 }],
    [
      'is reached by a larger one of somebody else',
      modification({ targetGib: 200 }),
      { state: 'usable', sizeGib: 200 },
    ],
    [
      'has failed when EC2 says so',
      modification({ state: 'failed', statusMessage: 'no' }),
      { state: 'failed', message: 'no' },
    ],
  ])('%s; the volume itself is not asked for', async (_title, newest, reached) => {
    expect(await seen(newest, large)).toMatchObject({ ...reached, volumeReads: 0 });
  });

  it.each([
    ['has not begun while an older one is shown', modification({ targetGib: 100, originalGib: 50 }), small, 'pending'],
    ['has not begun while none is shown and the size is the old one', undefined, small, 'pending'],
    ['is completed once EC2 has forgotten it and the size is there', undefined, large, 'completed'],
    [
      'is completed where only somebody else’s larger one failed',
      modification({ state: 'failed', targetGib: 200 }),
      large,
      'completed',
    ],
    [
      'is completed where the one that failed began at its size',
      modification({ state: 'failed', originalGib: 134 }),
      large,
      'completed',
    ],
    ['has failed where the volume is gone', undefined, undefined, 'failed'],
    [
      'has failed where the volume is gone and an older one is still shown',
      modification({ targetGib: 100 }),
      undefined,
      'failed',
    ],
  ])('%s', async (_title, newest, volume, state) => {
    expect(await seen(newest, volume)).toMatchObject({ state, volumeReads: 1 });
  });
});
