import { describe } from '@jest/globals';
import { dynamodbContract } from '../../contracts/dynamodb.contract.ts';
import { simulatedTable } from '../../support/dynamodb.ts';

describe('the simulated DynamoDB', () => {
  dynamodbContract(() => Promise.resolve(simulatedTable().table));
});
