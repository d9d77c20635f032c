/** S1: a second modification inside EC2's window (kubernetes#131397, openshift/runbooks#247). */
import { describe, expect, it } from '@jest/globals';
import { aScenario, hourMs, minuteMs, vol, type Scenario } from './scenario.ts';

const volumeId = vol(0, '/data1');
/** Just below the threshold at first, so that crossing it is no jump. */
const brokers = [{ '/data1': { usedGib: 74 }, '/data2': {} }];
const sweepMs = 15 * minuteMs;

/**
 * Somebody else uses up the volume's four modifications between two sweeps, by changing its IOPS: EC2's API shows the last
 * one only, so the autopilot can't know of the others.
 *
 * @returns when EC2 allows the next one
 */
async function fourForeign(scenario: Scenario): Promise<number> {
  const { switches } = scenario.simulation.ec2;
  switches.modifyingMs = () => 5_000;
  switches.optimizingMs = () => 30_000;
  // Long enough for a calm forecast: a step among a few points looks like a steep rise.
  await scenario.pass(2 * hourMs);
  const firstAtMs = scenario.nowMs;
  for (const iops of [3_100, 3_200, 3_300, 3_400]) {
    scenario.simulation.ec2.foreignModify(volumeId, { iops });
    await scenario.pass(minuteMs);
  }
  return firstAtMs + 24 * hourMs;
}

const asked = (scenario: Scenario): number[] => scenario.called('ec2:ModifyVolume').map(({ atMs }) => atMs);

async function outcomes(scenario: Scenario): Promise<(string | undefined)[]> {
  const known = await scenario.operationsOf(volumeId);
  return known.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'already-running');
}

describe('S1: a modification inside the window is refused by EC2', () => {
  it.each(['time', 'duration'] as const)('asks once more, when EC2 said it may (text with a %s)', async (rateText) => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.rateText = rateText;
    const allowedAtMs = await fourForeign(scenario);
    scenario.use(volumeId, 75);
    await scenario.pass(hourMs);

    expect(scenario.refusals.filter(({ call }) => call.operation === 'ModifyVolume')).toMatchObject([
      { error: 'VolumeModificationRateExceeded' },
    ]);
    expect(await outcomes(scenario)).toEqual(['modification-limit']);
    const notBefore = (await scenario.remembered(volumeId))?.notBefore;
    expect(notBefore?.reason).toBe('modification-limit');
    expect(notBefore?.atMs).toBeGreaterThanOrEqual(allowedAtMs);
    expect(notBefore?.atMs).toBeLessThanOrEqual(allowedAtMs + minuteMs);

    await scenario.pass(allowedAtMs - scenario.nowMs - 1);
    expect(asked(scenario)).toHaveLength(1);
    await scenario.pass(hourMs);
    expect(asked(scenario)).toHaveLength(2);
    expect(asked(scenario)[1]).toBeLessThanOrEqual(allowedAtMs + sweepMs + minuteMs);
    expect(await outcomes(scenario)).toEqual(['grown', 'modification-limit']);
    expect(scenario.filesystemGib(volumeId)).toBeGreaterThan(0.95 * scenario.sizeGib(volumeId));
    expect(scenario.notices()).toEqual([]);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('asks at most once an hour where the text names no time', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.rateText = 'none';
    const allowedAtMs = await fourForeign(scenario);
    scenario.use(volumeId, 75);
    await scenario.pass(allowedAtMs + 2 * hourMs - scenario.nowMs);

    const times = asked(scenario);
    expect(times.length).toBeLessThanOrEqual(25);
    times.slice(1).forEach((atMs, index) => expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(hourMs));
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect(times.at(-1)).toBeLessThanOrEqual(allowedAtMs + hourMs + 2 * sweepMs);
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('waits six hours where EC2 answers by its old rule', async () => {
    const scenario = await aScenario({ brokers });
    scenario.simulation.ec2.switches.rateText = 'old';
    await fourForeign(scenario);
    scenario.use(volumeId, 75);
    await scenario.pass(26 * hourMs);

    const times = asked(scenario);
    expect(times.length).toBeLessThanOrEqual(5);
    times.slice(1).forEach((atMs, index) => expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(6 * hourMs));
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect(scenario.invariants.violations).toEqual([]);
  });

  it.each([
    ['state', 'IncorrectModificationState', 'modification-in-progress'],
    ['rate', 'VolumeModificationRateExceeded', 'modification-limit'],
  ] as const)('waits for a foreign modification that slips in before the call (%s)', async (code, error, outcome) => {
    const scenario = await aScenario({ brokers });
    const { ec2, cloud } = scenario.simulation;
    ec2.switches.inProgressCode = code;
    ec2.switches.optimizingMs = () => 4 * hourMs;
    const stop = cloud.observe({
      before({ operation }) {
        if (operation !== 'ModifyVolume') return;
        stop();
        ec2.foreignModify(volumeId, { iops: 4_000 });
      },
    });
    scenario.use(volumeId, 75);
    await scenario.pass(3 * hourMs);
    expect(scenario.refusals.filter(({ call }) => call.operation === 'ModifyVolume')).toMatchObject([{ error }]);
    expect(await outcomes(scenario)).toEqual([outcome]);
    expect(scenario.sizeGib(volumeId)).toBe(100);
    // Nothing was changed, so nothing stays reserved.
    const state = await scenario.simulation.within(() => scenario.simulation.ledger.clusterState('orders'));
    expect(state).toMatchObject({ reservations: {}, dayGrownGib: 0 });

    await scenario.pass(6 * hourMs);
    expect(asked(scenario)).toHaveLength(2);
    const foreign = ec2.volume(volumeId).modifications[0];
    expect(asked(scenario)[1]).toBeLessThanOrEqual((foreign?.endedAtMs ?? 0) + sweepMs + minuteMs);
    expect((await outcomes(scenario))[0]).toBe('grown');
    expect(scenario.invariants.violations).toEqual([]);
  });

  it('calls a person with the time left when the disk would be full before EC2 allows it', async () => {
    const scenario = await aScenario({ brokers });
    await fourForeign(scenario);
    const fromMs = scenario.nowMs;
    scenario.use(volumeId, (atMs) => 74 + (2 * (atMs - fromMs)) / hourMs);
    await scenario.pass(6 * hourMs);
    expect(asked(scenario)).toHaveLength(1);
    const [notice] = scenario.notices('growth-barred');
    expect(notice?.message).toMatch(/full in [\d.]+ h at this rate/);
    expect(notice?.message).toContain('retention.ms=');
    expect(notice?.message).toContain('kafka-reassign-partitions.sh');
    expect(scenario.invariants.violations).toEqual([]);
  });
});
