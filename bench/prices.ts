/**
 * List prices in dollars, in us-east-1 where a region matters, as known on 2026-11-26 and not verified that
 * day; before free tiers, discounts for volume and taxes.
 */
export const prices = {
  /** DynamoDB on demand (since 2024-11-01). */
  perWriteUnit: 0.625e-6,
  perReadUnit: 0.125e-6,
  /** API Gateway WebSocket: one message of up to 32 KB, either way, of the first billion. */
  perMessage: 1e-6,
  perConnectionMinute: 0.25e-6,
  /** Lambda on arm64. */
  perInvocation: 0.2e-6,
  perGigabyteSecond: 0.0000133334,
  /** SQS standard: one request of up to 64 KB. */
  perQueueRequest: 0.4e-6,
} as const;

/** What others ask for the same. */
export const others = {
  /** An operation is 5 KB in, or 5 KB out to one client. */
  appSyncEvents: { perOperation: 1e-6, perConnectionMinute: 0.08e-6 },
  /** Standard, by the minute: a message is one in, or one out to one client. */
  ably: {
    perMonth: 29,
    perMessage: 2.5e-6,
    perConnectionMinute: 1e-6,
    perChannelMinute: 1e-6,
  },
  /** Channels: the smallest plan that carries both. A message is one in, or one out to one client. */
  pusher: [
    { perMonth: 49, messagesADay: 1e6, connections: 500 },
    { perMonth: 99, messagesADay: 4e6, connections: 2_000 },
    { perMonth: 299, messagesADay: 10e6, connections: 5_000 },
    { perMonth: 499, messagesADay: 20e6, connections: 10_000 },
    { perMonth: 699, messagesADay: 40e6, connections: 15_000 },
    { perMonth: 899, messagesADay: 60e6, connections: 20_000 },
    { perMonth: 1199, messagesADay: 90e6, connections: 30_000 },
  ],
} as const;
