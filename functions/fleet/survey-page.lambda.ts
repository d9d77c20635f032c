import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { metricsGateway } from '../gateways/metrics.ts';
import { mskGateway } from '../gateways/msk.ts';
import { objectsGateway } from '../gateways/objects.ts';
import { scalingOwnersGateway } from '../gateways/scaling-owners.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { fleetFile } from './load.ts';
import { surveyPage } from './survey-page.step.ts';

export const handler = lambda(surveyPage, {
  clock: systemClock,
  fleet: fleetFile,
  ledger: ledgerGateway,
  ebs: ebsGateway,
  msk: mskGateway,
  scalingOwners: scalingOwnersGateway,
  metrics: metricsGateway,
  workflows: workflowsGateway,
  objects: objectsGateway,
});
