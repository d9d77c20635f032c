import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'kafka-autopilot-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The command as an operator runs it: no account, no colours because there is no terminal. */
function kafkaAutopilot(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/kafka-autopilot.js', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('kafka-autopilot validate', () => {
  it('accepts the example, offline', () => {
    expect(kafkaAutopilot('validate', 'examples/fleet.yaml')).toEqual({
      status: 0,
      stdout: 'examples/fleet.yaml is valid: fleet demo, 2 clusters, 2 in mode act.\n',
      stderr: '',
    });
  });

  it('names file, line, column and what was expected, with exit code 2', () => {
    const file = join(directory, 'fleet.yaml');
    writeFileSync(file, 'version: 1\nname: demo\nclusters: none\n');
    expect(kafkaAutopilot('validate', file)).toEqual({
      status: 2,
      stdout: '',
      stderr: `${file}:3:11: clusters: expected a list of clusters, found "none"\n`,
    });
  });

  it('prints one JSON document with --json', () => {
    const { status, stdout, stderr } = kafkaAutopilot('validate', join(directory, 'missing.yaml'), '--json');
    expect([status, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { name: 'WrongInput' }, exitCode: 2 });
  });
});
