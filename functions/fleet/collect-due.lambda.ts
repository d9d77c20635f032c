import { objectsGateway } from '../gateways/objects.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { collectDue } from './collect-due.step.ts';

export const handler = lambda(collectDue, { workflows: workflowsGateway, objects: objectsGateway });
