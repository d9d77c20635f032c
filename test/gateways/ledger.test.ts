import { describe } from '@jest/globals';
import { ledgerContract } from '../contracts/ledger.contract.ts';
import { simulatedTable } from '../support/dynamodb.ts';

describe('the ledger on the simulated DynamoDB', () => {
  ledgerContract(() => Promise.resolve(simulatedTable().table));
});
