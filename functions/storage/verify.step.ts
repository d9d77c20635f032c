import * as z from 'zod/mini';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger } from '../gateways/ledger/ledger.ts';
import type { MetricsGateway, SsmGateway } from '../gateways/types.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Services, Verified } from './kind.ts';
import { kindOfVolume } from './kinds.ts';
import { Operation, parse } from './operation.ts';

interface Dependencies extends Services {
  clock: Clock;
  fleet: Fleet;
  ledger: Ledger;
  metrics: MetricsGateway;
  ssm: SsmGateway;
}

const Input = z.extend(Operation, {
  fromGib: z.optional(z.int()),
  targetGib: z.int(),
  startedAtMs: z.optional(z.nullable(z.number())),
  instanceId: z.optional(z.nullable(z.string())),
  commandId: z.optional(z.nullable(z.string())),
});

/**
 * State `Verify`: the space as it can be used, measured: the file system on the host, or the brokers' own metric. Not the
 * request. Run twice: the same is read and written again.
 *
 * @throws FilesystemNotGrown the space is not usable, whatever the command said
 * @throws GrowthNotShown no metric shows it yet; ask again
 */
export const verify =
  ({ clock, fleet, ledger, ebs, msk, scalingOwners, metrics, ssm }: Dependencies) =>
  async (event: unknown): Promise<Verified> => {
    const { operationId, cluster, subject: volumeId, targetGib, ...proof } = parse(Input, event);
    const nowMs = clock.nowMs();
    const declared = fleet.clusters.find(({ name }) => name === cluster);
    const verified = await kindOfVolume(volumeId).verify(
      { ledger, ebs, msk, scalingOwners, metrics, ssm, nowMs },
      declared,
      {
        cluster,
        volumeId,
        targetGib,
        fromGib: proof.fromGib ?? targetGib,
        ...(typeof proof.startedAtMs === 'number' ? { startedAtMs: proof.startedAtMs } : {}),
        ...(typeof proof.instanceId === 'string' ? { instanceId: proof.instanceId } : {}),
        ...(typeof proof.commandId === 'string' ? { commandId: proof.commandId } : {}),
      },
    );
    await ledger.updateOperation(operationId, {
      note: { atMs: nowMs, what: 'verified', detail: verified.evidence },
    });
    return verified;
  };
