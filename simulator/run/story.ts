/**
 * What goes wrong on EC2 during a run, drawn from its seed: a modification that EC2 refuses although the journal allows it, an
 * SSM agent that dies just after a volume has grown, a script that fails once, events that come twice or not at all.
 */
import { AwsError, type Call } from '../cloud/service.ts';
import type { Simulation } from '../deploy/boot.ts';
import { due } from './due.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export function tellStory(
  simulation: Simulation,
  options: { startMs: number; days: number; instanceIdOf(volumeId: string): string | undefined },
): void {
  const { cloud, clock, ssm, hosts } = simulation;
  const random = cloud.random('story');
  const { startMs, days } = options;
  const dayIn = (from: number, to: number): number => startMs + random.between(from, Math.min(to, days)) * dayMs;

  // The first ModifyVolume after each of these is refused: EC2 counts what its API no longer shows.
  const refusals = [dayIn(1, 8), dayIn(10, 20)];
  // The first that is accepted after each of these kills the agent of its broker; nobody notices until they are called.
  const deaths = [dayIn(2, 10), dayIn(14, 24)];
  // The first script after each of these fails once.
  const failures = [dayIn(1, 12), dayIn(12, 26)];

  cloud.observe({
    before: ({ service, operation, atMs }: Call) => {
      if (service !== 'ec2' || operation !== 'ModifyVolume' || !due(refusals, atMs)) return;
      const whenText = new Date(atMs + random.integer(1, 3) * hourMs).toISOString();
      throw new AwsError(
        'VolumeModificationRateExceeded',
        `You've reached the maximum modification rate per volume limit. You can modify the volume again after ${whenText}.`,
      );
    },
    after: ({ service, operation, input, atMs }: Call, outcome) => {
      if (service !== 'ec2' || operation !== 'ModifyVolume' || 'error' in outcome || !due(deaths, atMs)) return;
      const instanceId = options.instanceIdOf(String(input.VolumeId));
      if (instanceId !== undefined) clock.after(1, () => ssm.setAgent(instanceId, 'down'));
    },
  });
  hosts.scriptFault = (_instanceId, script) =>
    script === 'grow-filesystem' && due(failures, clock.nowMs())
      ? { error: 'busy', message: 'another run holds the lock' }
      : undefined;

  cloud.eventFault = (event) => {
    // What starts the simulation's own clockwork is not tampered with; what AWS emits is.
    if (!event.source.startsWith('aws.')) return [0];
    if (random.chance(0.02)) return [];
    return random.chance(0.03) ? [0, random.integer(1, 120) * 1000] : [0];
  };
}
