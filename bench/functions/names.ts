/** What events, answers, objects and seeds agree on. */
export const instanceId = 'i-0123456789abcdef0';
export const volumeId = 'vol-0123456789abcdef0';
/** Both data volumes of the broker, at the mount points that the example's fleet file has. */
export const volumeIds = [volumeId, 'vol-0123456789abcdef1'] as const;
export const mountPoints = ['/data1', '/data2'] as const;
export const commandId = '11111111-2222-3333-4444-555555555555';

/** The MSK cluster of the example's fleet file. */
export const clusterArn =
  'arn:aws:kafka:eu-central-1:123456789012:cluster/payments/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-5';
export const storageOperationArn = clusterArn.replace(':cluster/', ':cluster-operation/');
export const topicName = 'payments-events';
export const topicArn = `${clusterArn.replace(':cluster/', ':topic/')}/${topicName}`;
/** A week, and a day. */
export const formerRetention = { 'retention.ms': '604800000' };
export const shortenedRetention = { 'retention.ms': '86400000' };

export const ledgerName = 'demo-ledger';
export const bucket = 'demo-objects';
