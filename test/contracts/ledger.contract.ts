/** What every ledger does, whatever it is kept in: run over the simulated DynamoDB and over DynamoDB Local. */
import { describe } from '@jest/globals';
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import type { MakeTable } from '../support/dynamodb.ts';
import { approvalCases } from './ledger/approvals.ts';
import { clusterCases } from './ledger/clusters.ts';
import type { MakeLedger } from './ledger/fixtures.ts';
import { heardCases } from './ledger/heard.ts';
import { journalCases } from './ledger/journal.ts';
import { leaseCases } from './ledger/leases.ts';
import { operationCases } from './ledger/operations.ts';
import { reliefCases } from './ledger/relief.ts';
import { reservationCases } from './ledger/reservations.ts';
import { slotCases } from './ledger/slots.ts';
import { troubleCases } from './ledger/trouble.ts';
import { volumeCases } from './ledger/volumes.ts';
import { waitingCases } from './ledger/waiting.ts';

export function ledgerContract(makeTable: MakeTable): void {
  const make: MakeLedger = async () => {
    const table = await makeTable();
    return { table, ledger: ledgerGateway(table.runtime), other: ledgerGateway(table.runtime) };
  };
  describe('leases', () => {
    leaseCases(make);
  });
  describe('the bookkeeping of a cluster', () => {
    clusterCases(make);
  });
  describe('reserving an intent', () => {
    reservationCases(make);
  });
  describe('the journal', () => {
    journalCases(make);
  });
  describe('volumes', () => {
    volumeCases(make);
  });
  describe('operations', () => {
    operationCases(make);
  });
  describe('approvals', () => {
    approvalCases(make);
  });
  describe('waiting workflows', () => {
    waitingCases(make);
  });
  describe('events that nobody waited for', () => {
    heardCases(make);
  });
  describe('places in a queue', () => {
    slotCases(make);
  });
  describe('reliefs', () => {
    reliefCases(make);
  });
  describe('in trouble', () => {
    troubleCases(make);
  });
}
