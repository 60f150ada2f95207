import type { BusEvent } from './event.ts';
import type { InputSettings } from './target-input.ts';

/** One place where a rule's events go. */
export interface Target {
  readonly id: string;
  readonly arn: string;
  /** What the trace calls it: the logical id of what it is. */
  readonly label: string;
  readonly retries: number;
  readonly ageLimitMs: number;
  /** The ARN of the queue for what cannot be delivered; undefined when there is none. */
  readonly deadLetterArn: string | undefined;
  /** Throws an AwsFault when the target does not take the event. `receivedAt` is in ms since the epoch. */
  deliver(event: BusEvent, receivedAt: number): void;
}

/** A target as the template has it. */
export interface TargetSettings extends InputSettings {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string;
  readonly RetryPolicy?: {
    readonly MaximumRetryAttempts?: number | string;
    readonly MaximumEventAgeInSeconds?: number | string;
  };
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

/** Puts an event on another bus of the stage. */
export type Forward = (event: BusEvent, busArn: string) => void;
