import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { BusEvent } from '../../contract/events.ts';
import type { FunctionName, functions } from '../../contract/functions.ts';
import { EVENT_AGAIN_AFTER_MS, EVENT_DEADLINE_MS, EVENT_TRIES } from '../../contract/limits.ts';
import { eventPieces } from '../../rules/event-pieces.ts';
import { clock } from './clock.ts';
import { eventBusName } from './environment.ts';
import { logDefect } from './log.ts';

export interface EventBus {
  /** Hands events to the bus and answers those that it did not take, in however many tries. */
  put(events: readonly BusEvent[]): Promise<readonly BusEvent[]>;
}

type Granted = {
  [Name in FunctionName]: (typeof functions)[Name] extends { putsEvents: true } ? Name : never;
}[FunctionName];

/** The bus of this deployment, for a function that was granted to put events on it. */
export function openEventBus(_: Granted): EventBus {
  const client = new EventBridgeClient({ maxAttempts: 1 });
  const EventBusName = eventBusName();

  /** Answers the events that were not taken: some of them, or all when the call itself failed. */
  const putOnce = async (events: readonly BusEvent[]): Promise<readonly BusEvent[]> => {
    try {
      const { Entries = [] } = await client.send(
        new PutEventsCommand({
          Entries: events.map(({ source, type, detail }) => ({
            EventBusName,
            Source: source,
            DetailType: type,
            Detail: detail,
          })),
        }),
        { abortSignal: AbortSignal.timeout(EVENT_DEADLINE_MS) },
      );
      // A call that succeeds may still have left entries out: only those that have an id were taken.
      const codes = Entries.flatMap(({ ErrorCode }) => ErrorCode ?? []);
      if (codes.length > 0) logDefect('events.refused', codes.join(), { events: codes.length });
      return events.filter((_event, at) => Entries[at]?.EventId === undefined);
    } catch (fault) {
      logDefect('bus.failed', fault, { events: events.length });
      return events;
    }
  };

  const putPiece = async (piece: readonly BusEvent[]): Promise<readonly BusEvent[]> => {
    let left = await putOnce(piece);
    for (let tried = 1; left.length > 0 && tried < EVENT_TRIES; tried += 1) {
      await clock.pause(EVENT_AGAIN_AFTER_MS * tried * Math.random());
      left = await putOnce(left);
    }
    return left;
  };

  return {
    put: async (events) => (await Promise.all(eventPieces(events).map(putPiece))).flat(),
  };
}
