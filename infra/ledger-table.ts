/**
 * The ledger's table, made from its plain description. Everything that somebody may ask about later is in it, so it
 * outlives the stack: kept on deletion, protected from it, restorable to any second of 35 days.
 *
 * Encryption: the key that DynamoDB owns, unless a key is given. The ledger holds ids, sizes and reasons, no records and
 * no secrets; a key of one's own adds a bill and a way to lock the automation out, so it is the operator's choice.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ledgerTable } from '../functions/gateways/ledger/table.ts';

export function newLedgerTable(scope: Construct, id: string, tableName: string, key: IKey | undefined): ITable {
  const table = new Table(scope, id, {
    tableName,
    ...keysOf(ledgerTable.KeySchema),
    billingMode: BillingMode[ledgerTable.BillingMode],
    timeToLiveAttribute: ledgerTable.TimeToLiveSpecification.AttributeName,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    ...(key
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }
      : { encryption: TableEncryption.DEFAULT }),
  });
  for (const { IndexName, KeySchema, Projection } of ledgerTable.GlobalSecondaryIndexes) {
    table.addGlobalSecondaryIndex({
      indexName: IndexName,
      ...keysOf(KeySchema),
      projectionType: ProjectionType[Projection.ProjectionType],
    });
  }
  return table as ITable;
}

type KeySchema = readonly { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];

function keysOf(schema: KeySchema): { partitionKey: Attribute; sortKey: Attribute } {
  const attribute = (keyType: 'HASH' | 'RANGE'): Attribute => {
    const name = schema.find(({ KeyType }) => KeyType === keyType)?.AttributeName;
    const definition = ledgerTable.AttributeDefinitions.find(({ AttributeName }) => AttributeName === name);
    if (definition === undefined) throw new Error(`the ledger's table has no ${keyType} key`);
    return { name: definition.AttributeName, type: types[definition.AttributeType] };
  };
  return { partitionKey: attribute('HASH'), sortKey: attribute('RANGE') };
}

const types = { S: AttributeType.STRING } as const;
