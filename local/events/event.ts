/** An event as it travels: patterns match it, and targets get it (R, behaviour sheet 2.2). */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export const isoSeconds = (epochMs: number) =>
  new Date(epochMs).toISOString().replace(/\.\d{3}/, '');
