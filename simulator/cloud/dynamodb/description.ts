/**
 * A table's description: the properties of CloudFormation's AWS::DynamoDB::Table. What the simulation has no use for is
 * listed and let pass; a property that it does not know is an error.
 */

export interface KeyElement {
  AttributeName: string;
  KeyType: string;
}

export interface TableDescription {
  TableName: string;
  AttributeDefinitions: readonly { AttributeName: string; AttributeType: string }[];
  KeySchema: readonly KeyElement[];
  GlobalSecondaryIndexes?: readonly {
    IndexName: string;
    KeySchema: readonly KeyElement[];
    Projection: { ProjectionType?: string };
  }[];
  BillingMode?: string;
  TimeToLiveSpecification?: { AttributeName?: string; Enabled: boolean | string };
}

/** A key's attribute with its type (S, N or B). */
export interface KeyAttribute {
  name: string;
  type: string;
}

export interface KeySchema {
  partition: KeyAttribute;
  sort?: KeyAttribute;
}

export interface TableSchema {
  name: string;
  key: KeySchema;
  indexes: ReadonlyMap<string, KeySchema>;
  /** Attribute with the epoch seconds after which an item is deleted. */
  timeToLive?: string;
}

const known = new Set([
  'TableName',
  'AttributeDefinitions',
  'KeySchema',
  'GlobalSecondaryIndexes',
  'BillingMode',
  'TimeToLiveSpecification',
  // Without effect in the simulation:
  'DeletionProtectionEnabled',
  'PointInTimeRecoverySpecification',
  'SSESpecification',
  'Tags',
  'TableClass',
]);

/** @throws Error where the simulation can't be that table */
export function toSchema(description: TableDescription): TableSchema {
  const { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes = [] } = description;
  for (const property of Object.keys(description)) {
    if (!known.has(property)) throw new Error(`the simulated DynamoDB does not know the table property ${property}`);
  }
  if (description.BillingMode !== 'PAY_PER_REQUEST')
    throw new Error(
      `the simulated DynamoDB has on-demand tables only, not ${description.BillingMode ?? 'PROVISIONED'}`,
    );
  const typesByName = new Map(
    AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const used = new Set<string>();

  const attribute = (elements: readonly KeyElement[], keyType: string): KeyAttribute | undefined => {
    const name = elements.find((element) => element.KeyType === keyType)?.AttributeName;
    if (name === undefined) return undefined;
    const type = typesByName.get(name);
    if (type !== 'S' && type !== 'N' && type !== 'B')
      throw new Error(`${TableName}: key ${name} has no type S, N or B`);
    used.add(name);
    return { name, type };
  };
  const key = (elements: readonly KeyElement[]): KeySchema => {
    const [partition, sort] = [attribute(elements, 'HASH'), attribute(elements, 'RANGE')];
    if (partition === undefined) throw new Error(`${TableName} has a key without a HASH attribute`);
    return sort === undefined ? { partition } : { partition, sort };
  };

  const indexes = new Map<string, KeySchema>();
  for (const index of GlobalSecondaryIndexes) {
    if (index.Projection.ProjectionType !== 'ALL')
      throw new Error(`${TableName}: the simulated DynamoDB projects ALL attributes into ${index.IndexName}`);
    indexes.set(index.IndexName, key(index.KeySchema));
  }
  const schema: TableSchema = { name: TableName, key: key(KeySchema), indexes };
  for (const name of typesByName.keys()) {
    if (!used.has(name)) throw new Error(`${TableName}: ${name} is defined and in no key`);
  }
  const { AttributeName, Enabled } = description.TimeToLiveSpecification ?? { Enabled: false };
  const ages = AttributeName !== undefined && String(Enabled) === 'true';
  return ages ? { ...schema, timeToLive: AttributeName } : schema;
}
