/** The fleet inside a deployed function: normalised JSON from a layer, checked when it was made (`parse.ts`). */
import { DefectFault } from '../runtime/fault.ts';
import { setting, type Wire } from '../runtime/runtime.ts';
import type { Fleet } from './fleet.ts';

/** Needs FLEET_FILE. @throws InvalidFleet where it is not what this code was deployed with */
export const fleetFile: Wire<Fleet> = (runtime) => {
  const path = setting(runtime, 'FLEET_FILE');
  let value: unknown;
  try {
    value = JSON.parse(runtime.readText(path));
  } catch (error) {
    throw new InvalidFleet(path, (error as Error).message, { cause: error });
  }
  const { version, name, clusters } = (value ?? {}) as Partial<Fleet>;
  if (version !== 1) throw new InvalidFleet(path, `version is ${JSON.stringify(version)}, this code reads 1`);
  if (typeof name !== 'string' || !Array.isArray(clusters))
    throw new InvalidFleet(path, 'it has no name or no clusters');
  return value as Fleet;
};

export class InvalidFleet extends DefectFault {
  constructor(path: string, because: string, options?: ErrorOptions) {
    super('InvalidFleet', `${path} is not a fleet: ${because}`, options);
  }
}
