import { describe, expect, it } from '@jest/globals';
import { fleetFile, InvalidFleet } from '../../functions/fleet/load.ts';
import { parseFleet } from '../../functions/fleet/parse.ts';
import type { Runtime } from '../../functions/runtime/runtime.ts';

const deployed = (text: string): Runtime => ({
  clock: { nowMs: () => 0 },
  environment: { FLEET_FILE: '/opt/fleet.json' },
  readText: () => text,
  clientDefaults: {},
  connect: (client) => client,
  logLevel: 'SILENT',
});

describe('fleetFile', () => {
  it('reads the normalised fleet', () => {
    const source = `version: 1
name: demo
clusters:
  - { name: a, kind: ec2, brokers: { tags: { k: v } }, mountPoints: [/d] }
  - { name: b, kind: msk, clusterArn: "arn:aws:kafka:eu-central-1:111122223333:cluster/b/6357e0b2-5" }
`;
    const parsed = parseFleet(source, 'fleet.yaml');
    const fleet = parsed.ok ? parsed.fleet : undefined;
    expect(fleet?.clusters).toHaveLength(2);
    expect(fleetFile(deployed(JSON.stringify(fleet)))).toEqual(fleet);
  });

  it.each([
    ['another version', '{"version":2,"name":"demo","clusters":[]}'],
    ['no clusters', '{"version":1,"name":"demo"}'],
    ['no JSON', 'version: 1'],
  ])('refuses %s', (_title, text) => {
    expect(() => fleetFile(deployed(text))).toThrow(InvalidFleet);
  });
});
