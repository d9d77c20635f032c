/**
 * What one growth costs to decide and carry out, at list prices of us-east-1 without any free tier. The table that the
 * README shows. Sources: aws-facts 9 (Step Functions, Lambda), 2.4 (GetMetricData); DynamoDB, SNS and EventBridge as on
 * their price pages, not re-read for this release. As of 2026-11-20.
 */
export const usdPer = {
  stateTransition: 0.025 / 1000,
  lambdaRequest: 0.2 / 1e6,
  /** arm64. */
  lambdaGibSecond: 0.0000133334,
  /** On demand; a transactional one counts twice. */
  dynamodbWriteUnit: 0.625 / 1e6,
  dynamodbReadUnit: 0.125 / 1e6,
  metricRead: 0.01 / 1000,
  snsPublish: 0.5 / 1e6,
  customEvent: 1 / 1e6,
} as const;
