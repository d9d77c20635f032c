import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { setting } from '../runtime/runtime.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { inspect } from './inspect.step.ts';

export const handler = lambda(inspect, {
  clock: systemClock,
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
  document: (runtime) => setting(runtime, 'INSPECT_VOLUME_DOCUMENT'),
});
