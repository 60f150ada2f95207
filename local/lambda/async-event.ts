/** An asynchronous invocation on its way. */
export interface AsyncEvent {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly dueAt: number;
  /** How often the function was run for it. */
  readonly attempts: number;
  /** How often it found no free process. */
  readonly throttles: number;
}

/** How an asynchronous invocation ended, in the words of the record that destinations get. */
export type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
