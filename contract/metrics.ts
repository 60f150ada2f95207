/**
 * What functions measure, one line a metric. Names and units are what CloudWatch shows; dashboard and
 * alarms are made of the same list. What AWS measures by itself (errors and durations of functions, queues,
 * tables, APIs) is not in it.
 */

export const METRICS_NAMESPACE = 'Switchboard';
/** Tells several Switchboards of one account apart: what Powertools calls a service is a deployment of ours. */
export const METRICS_DIMENSION = 'service';

interface MetricSpec {
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds';
  /** Who measures it and when, in words for a dashboard. */
  readonly means: string;
}

export const metrics = {
  /** [S2-08] [S3-09] [S4-07] */
  ActiveConnections: { unit: 'Count', means: 'connections that are CONNECTED, at each sweep' },
  /** [S3-09] */
  ConnectionDuration: { unit: 'Seconds', means: 'how long a connection was open when it left' },
  /** [S4-07] [S3-09] */
  ConnectionErrors: { unit: 'Count', means: 'handshakes and frames that failed on our side' },
  /** [S3-09] */
  RefusedTokens: { unit: 'Count', means: 'tokens that were refused, by authenticate' },
  /** [S3-09] */
  MessageLatency: { unit: 'Milliseconds', means: 'from a publish to its last post' },
  /** [S3-09] */
  Delivered: { unit: 'Count', means: 'connections that notifications were posted to' },
  DeliveriesFailed: { unit: 'Count', means: 'connections closed because they could not be served' },
  /** [S4-07] */
  GonePosts: { unit: 'Count', means: 'posts that the gateway answered with a 410' },
  /** [S4-07] */
  BroadcastDelivered: { unit: 'Count', means: 'connections that broadcasts were posted to' },
  BroadcastFailed: { unit: 'Count', means: 'connections that a try of a broadcast did not reach' },
  /** [S3-09] */
  DirectDelivered: { unit: 'Count', means: 'connections that direct messages were posted to' },
  DirectFailed: { unit: 'Count', means: 'connections that a direct message did not reach' },
  /** [S2-08] */
  CleanedConnections: { unit: 'Count', means: 'connections that a clean-up took out' },
  /** [S2-08] */
  ManagerAnswers: { unit: 'Count', means: 'answers of the connection manager' },
  ManagerErrors: { unit: 'Count', means: 'answers of the connection manager with a 5xx' },
  ManagerTime: { unit: 'Milliseconds', means: 'how long the connection manager took to answer' },
  /** [S3-04] What rows and sockets did not agree on, before a sweep took it back. */
  RowsWithoutSocket: {
    unit: 'Count',
    means: 'connections whose socket was gone, found by a sweep',
  },
  SocketsWithoutRow: { unit: 'Count', means: 'open sockets that no row knew, found by a sweep' },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metrics;
/** One number, or several of the same kind. */
export type Measured = { readonly [Name in MetricName]?: number | readonly number[] };
