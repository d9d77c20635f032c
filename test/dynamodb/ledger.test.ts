import { describe } from '@jest/globals';
import { ledgerContract } from '../contracts/ledger.contract.ts';
import { localEndpoint, localTable } from '../support/dynamodb.ts';

describe('the ledger on DynamoDB Local', () => {
  ledgerContract(() => localTable(localEndpoint(), 'ledger'));
});
