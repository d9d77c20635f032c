import { ebsGateway } from '../gateways/ebs.ts';
import { ledgerGateway } from '../gateways/ledger/dynamodb.ts';
import { ssmGateway } from '../gateways/ssm.ts';
import { workflowsGateway } from '../gateways/workflows.ts';
import { lambda } from '../runtime/lambda.ts';
import { wakeWaiting } from './wake-waiting.step.ts';

export const handler = lambda(wakeWaiting, {
  ledger: ledgerGateway,
  workflows: workflowsGateway,
  ebs: ebsGateway,
  ssm: ssmGateway,
});
