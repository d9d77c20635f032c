/**
 * What `npx cdk` runs (cdk.json): the fleet of `-c fleet=path`, else the example.
 *
 * `-c ledgerTable=name` goes on with a table that an earlier stack left behind.
 */
import { loadFleet } from './load-fleet.ts';
import { addStack, defaultDist, newApp, prepareDist } from './synthesize.ts';

const app = newApp();
const given = (key: string): string | undefined => {
  const value: unknown = app.node.tryGetContext(key);
  if (value !== undefined && typeof value !== 'string') throw new Error(`-c ${key}=… has to be text`);
  return value;
};

const { fleet, home } = loadFleet(given('fleet') ?? 'examples/fleet.yaml');
const ledgerTable = given('ledgerTable');
await prepareDist(fleet, defaultDist);
addStack(app, { fleet, dist: defaultDist, env: home, ...(ledgerTable !== undefined && { ledgerTable }) });
app.synth();
