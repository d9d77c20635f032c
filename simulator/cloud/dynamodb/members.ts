/** What each operation may be asked for. A member that the simulation does not follow is an error, not ignored. */

const expressions = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const write = ['TableName', 'ConditionExpression', 'ReturnValuesOnConditionCheckFailure', ...expressions];

const members: Readonly<Record<string, readonly string[]>> = {
  GetItem: ['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames'],
  PutItem: [...write, 'Item', 'ReturnValues'],
  UpdateItem: [...write, 'Key', 'UpdateExpression', 'ReturnValues'],
  DeleteItem: [...write, 'Key', 'ReturnValues'],
  Query: [
    'TableName',
    'IndexName',
    'KeyConditionExpression',
    'FilterExpression',
    'ProjectionExpression',
    'ScanIndexForward',
    'Limit',
    'ExclusiveStartKey',
    'ConsistentRead',
    'Select',
    ...expressions,
  ],
  TransactWriteItems: ['TransactItems', 'ClientRequestToken'],
  'Put in TransactWriteItems': [...write, 'Item'],
  'Update in TransactWriteItems': [...write, 'Key', 'UpdateExpression'],
  'Delete in TransactWriteItems': [...write, 'Key'],
  'ConditionCheck in TransactWriteItems': [...write, 'Key'],
};

export const operations = Object.keys(members).filter((name) => !name.includes(' '));

const values: Readonly<Record<string, readonly unknown[]>> = {
  Select: ['COUNT', 'ALL_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES'],
  ReturnValuesOnConditionCheckFailure: ['NONE', 'ALL_OLD'],
};

export function refuseUnknown(operation: string, input: Record<string, unknown>): void {
  const known = Object.hasOwn(members, operation) ? members[operation] : undefined;
  if (known === undefined)
    throw new Error(`the simulated DynamoDB has no operation ${operation}, only ${operations.join(', ')}`);
  for (const [member, value] of Object.entries(input)) {
    if (value === undefined) continue;
    if (!known.includes(member)) throw new Error(`the simulated DynamoDB does not follow ${member} of ${operation}`);
    const allowed = Object.hasOwn(values, member) ? values[member] : undefined;
    if (allowed !== undefined && !allowed.includes(value))
      throw new Error(`the simulated DynamoDB does not follow ${member} ${JSON.stringify(value)} of ${operation}`);
  }
}
