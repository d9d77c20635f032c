/**
 * The ledger's table as plain data, in the properties of CloudFormation's AWS::DynamoDB::Table (which CreateTable shares,
 * but for the time to live). infra, the simulator and the tests make the table from it; the name is given elsewhere.
 *
 * The index holds operations only: no other item has `sortAt`.
 */
export const ledgerTable = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'cluster', AttributeType: 'S' },
    { AttributeName: 'sortAt', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byCluster',
      KeySchema: [
        { AttributeName: 'cluster', KeyType: 'HASH' },
        { AttributeName: 'sortAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  /** Epoch seconds. DynamoDB deletes within days of it, so nothing may rely on the moment. */
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
} as const;
