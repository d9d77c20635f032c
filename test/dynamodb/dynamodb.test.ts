import { describe } from '@jest/globals';
import { dynamodbContract } from '../contracts/dynamodb.contract.ts';
import { localEndpoint, localTable } from '../support/dynamodb.ts';

describe('DynamoDB Local', () => {
  dynamodbContract(() => localTable(localEndpoint(), 'behaviour'));
});
