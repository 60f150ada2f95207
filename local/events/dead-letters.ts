import type { StageContext } from '../service.ts';
import type { BusEvent } from './event.ts';
import type { Failure } from './failure.ts';
import type { Rule } from './rules.ts';
import type { Target } from './target.ts';
import { sendFor } from './target-kinds.ts';

/** Which limit of the retry policy ended the tries; undefined where trying again would have changed nothing. */
export type Exhausted = 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined;

interface DeadLetter {
  readonly event: BusEvent;
  readonly failure: Failure;
  readonly exhausted: Exhausted;
  /** Tries after the first. */
  readonly retries: number;
}

/**
 * Puts the event as it came to the bus (R) into the target's dead-letter queue, with AWS's attributes
 * (D), or drops it where there is none; the person at the keyboard learns of everything that is lost.
 */
export function bury(
  context: StageContext,
  { resource }: Rule,
  { id, arn, deadLetterArn }: Target,
  { event, failure, exhausted, retries }: DeadLetter,
): void {
  const lost = `Rule ${resource.path} could not deliver the event ${event.id} to its target ${id}, and it is lost`;
  const why = `${failure.code}: ${failure.message}`;
  if (deadLetterArn === undefined) {
    context.warn(`${lost}: the target has no dead-letter queue. (${why})`);
    return;
  }
  const attributes = {
    RULE_ARN: resource.arn,
    TARGET_ARN: arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    RETRY_ATTEMPTS: String(retries),
    ...(exhausted && { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  try {
    sendFor(resource.arn, context, deadLetterArn, {
      MessageBody: JSON.stringify(event),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [
          name,
          { DataType: 'String', StringValue: text },
        ]),
      ),
    });
  } catch (error) {
    const refusal = error instanceof Error ? error.message : error;
    context.warn(`${lost}: its dead-letter queue refused it. (${why}; ${refusal})`);
  }
}
