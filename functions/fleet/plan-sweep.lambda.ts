import { ebsGateway } from '../gateways/ebs.ts';
import { mskGateway } from '../gateways/msk.ts';
import { objectsGateway } from '../gateways/objects.ts';
import { scalingOwnersGateway } from '../gateways/scaling-owners.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { fleetFile } from './load.ts';
import { planSweep } from './plan-sweep.step.ts';

export const handler = lambda(planSweep, {
  clock: systemClock,
  fleet: fleetFile,
  ebs: ebsGateway,
  msk: mskGateway,
  scalingOwners: scalingOwnersGateway,
  objects: objectsGateway,
});
