/** The name of the variable that tells the sample's function where its rows are. */
export const COUNTS_TABLE_VARIABLE = 'COUNTS_TABLE_NAME';

/** How many notifications a topic had on one day (UTC). */
export interface CountRow {
  /** `TENANT#TOPIC` */
  readonly topic: string;
  /** `day#2026-01-31` */
  readonly entry: string;
  readonly notifications: number;
}

/** That a notification has been counted. */
export interface CountedRow {
  readonly topic: string;
  /** `id#` and the notification's id. */
  readonly entry: string;
  readonly ttl: number;
}

/** `at` is ISO. */
export const dayEntry = (at: string): string => `day#${at.slice(0, 10)}`;
export const countedEntry = (id: string): string => `id#${id}`;

/** The bus tries for a day, and dead letters are kept for fourteen: nothing comes again later. */
export const COUNTED_KEPT_SECONDS = 30 * 24 * 3600;
