import { lambda } from '../runtime/lambda.ts';
import { followOperation } from './follow-operation.step.ts';
import { services } from './services.ts';

export const handler = lambda(followOperation, services);
