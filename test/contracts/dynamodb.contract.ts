/**
 * How DynamoDB behaves, as far as the ledger relies on it: run over the simulated one and over DynamoDB Local, so that
 * the simulated one is kept honest. Where DynamoDB Local's wording differs from AWS's, only the error's name is held.
 */
import { describe } from '@jest/globals';
import type { MakeTable } from '../support/dynamodb.ts';
import { conditionCases } from './dynamodb/conditions.ts';
import { itemCases } from './dynamodb/items.ts';
import { queryCases } from './dynamodb/queries.ts';
import { refusalCases } from './dynamodb/refusals.ts';
import { requests } from './dynamodb/requests.ts';
import { transactionCases } from './dynamodb/transactions.ts';
import { updateCases } from './dynamodb/updates.ts';

export function dynamodbContract(makeTable: MakeTable): void {
  const make = async () => requests(await makeTable());
  describe('items and keys', () => {
    itemCases(make);
  });
  describe('conditions', () => {
    conditionCases(make);
  });
  describe('refused expressions', () => {
    refusalCases(make);
  });
  describe('updates', () => {
    updateCases(make);
  });
  describe('queries', () => {
    queryCases(make);
  });
  describe('transactions', () => {
    transactionCases(make);
  });
}
