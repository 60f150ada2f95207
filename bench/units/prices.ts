/**
 * What AWS charges in us-east-1, in dollars. Source: AWS's public price lists as known on 2026-11-20,
 * not verified that day: DynamoDB on-demand (since 2024-11-01), API Gateway WebSocket (first billion).
 */
export const prices = {
  perWriteUnit: 0.625e-6,
  perReadUnit: 0.125e-6,
  /** One message of up to 32 KB, either way. */
  perMessage: 1e-6,
} as const;
