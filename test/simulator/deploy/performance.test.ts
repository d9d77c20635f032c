import { describe, expect, it } from '@jest/globals';
import { operator } from '../../../simulator/cloud/cloud.ts';
import { booted, startMs } from './fixtures/template.ts';

describe('a month of executions', () => {
  it('keeps counts, not histories, and takes seconds', async () => {
    const world = booted({}, { latencyMs: 10 });
    const executions = 2_000;
    for (let index = 0; index < executions; index += 1) {
      world.cloud.clock.at(startMs + index * 400_000, () => {
        world.cloud.answer({
          service: 'states',
          operation: 'StartExecution',
          input: {
            stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:echo',
            name: `e${index}`,
            input: JSON.stringify({ calls: 2 }),
          },
          principal: operator,
          atMs: world.cloud.clock.nowMs(),
        });
      });
    }
    const begun = performance.now();
    await world.simulation.run(startMs + executions * 400_000);
    // 6,000 executions have 20 s; a slow machine may take five times as long.
    expect(performance.now() - begun).toBeLessThan(35_000);
    expect(world.simulation.counters().workflows['echo']).toMatchObject({ started: executions, succeeded: executions });
    const kept = [...world.states.records.all()].filter(({ executionArn }) =>
      world.states.records.history(executionArn),
    );
    expect(kept).toHaveLength(300);
  });
});
