import { randomUUID } from 'node:crypto';
import { AwsFault, type Invocation, type StageContext } from '../service.ts';
import type { AsyncEvent, Condition } from './async-event.ts';
import { deliver } from './destination.ts';
import { readEventSettings } from './event-settings.ts';

/** The events that wait for a function, each until it succeeded or is given up. */
export interface EventQueue {
  add(functionArn: string, payload: string, by: string): void;
  /** Takes up what a stage before this one left unfinished. */
  start(): void;
  stop(): void;
}

type Run = (functionArn: string, payload: string, by: string, id: string) => Promise<Invocation>;

/** The pauses before the second and the third try (behaviour sheet 2.3). */
const retryPausesMs = [60_000, 120_000];
const longestThrottlePauseMs = 300_000;
const area = 'lambda.events';

/** Lambda's queue of asynchronous invocations; it outlives the stage if its store does. */
export function createEventQueue(context: StageContext, run: Run): EventQueue {
  const { clock, store } = context;
  const settingsOf = readEventSettings(context.assembly);
  const scheduled = new Map<string, () => void>();
  let stopped = false;

  function schedule(event: AsyncEvent): void {
    store.set(area, event.requestId, JSON.stringify(event));
    scheduled.set(
      event.requestId,
      clock.at(event.dueAt, () => void attempt(event)),
    );
  }

  async function attempt(event: AsyncEvent): Promise<void> {
    scheduled.delete(event.requestId);
    const { functionArn, payload, by, requestId } = event;
    try {
      const invocation = await run(functionArn, payload, by, requestId);
      // Stopping ends the processes: that try does not count, the store still has the event as it was.
      if (stopped) return;
      decide({ ...event, attempts: event.attempts + 1 }, invocation);
    } catch (error) {
      if (stopped) return;
      if (error instanceof AwsFault && error.name === 'TooManyRequestsException') {
        const pause = Math.min(1000 * 2 ** event.throttles, longestThrottlePauseMs);
        again({ ...event, throttles: event.throttles + 1 }, pause);
      } else {
        finish(event);
        context.warn(`The event ${requestId} could not be given to ${functionArn}: ${error}`);
      }
    }
  }

  function decide(event: AsyncEvent, invocation: Invocation): void {
    const { retries } = settingsOf(event.functionArn);
    if (!invocation.error) close(event, 'Success', invocation);
    else if (event.attempts > retries) close(event, 'RetriesExhausted', invocation);
    else again(event, retryPausesMs[event.attempts - 1] ?? 0, invocation);
  }

  function again(event: AsyncEvent, pauseMs: number, invocation?: Invocation): void {
    const dueAt = clock.now() + pauseMs;
    if (dueAt - event.since > settingsOf(event.functionArn).ageLimitMs) {
      close(event, 'EventAgeExceeded', invocation);
    } else {
      schedule({ ...event, dueAt });
    }
  }

  function close(event: AsyncEvent, condition: Condition, invocation?: Invocation): void {
    finish(event);
    const { onFailure, onSuccess } = settingsOf(event.functionArn);
    const destination = condition === 'Success' ? onSuccess : onFailure;
    void deliver(context, destination, event, condition, invocation, add);
  }

  function finish({ requestId }: AsyncEvent): void {
    store.delete(area, requestId);
  }

  const add: EventQueue['add'] = (functionArn, payload, by) => {
    const since = clock.now();
    schedule({
      requestId: randomUUID(),
      functionArn,
      payload,
      by,
      since,
      dueAt: since,
      attempts: 0,
      throttles: 0,
    });
  };

  return {
    add,
    start() {
      for (const [, text] of store.entries(area)) schedule(JSON.parse(text) as AsyncEvent);
    },
    stop() {
      stopped = true;
      for (const cancel of scheduled.values()) cancel();
      scheduled.clear();
    },
  };
}
