import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/until.ts';
import type { Client } from './client.ts';
import type { Torture } from './torture.ts';

/** Functions, as patterns of gates name them. */
export const FAN_OUT = '*/FanOutFunction/*';
export const DEFAULT = '*/DefaultFunction/*';
export const CONNECT = '*/ConnectFunction/*';
export const DISCONNECT = '*/DisconnectFunction/*';
export const SESSION_STREAM = '*/SessionStreamFunction/*';
export const SESSION_CHECK = '*/SessionCheckFunction/*';
export const REAPER = '*/ReaperFunction/*';

export const POST = 'execute-api:POST';
export const TRANSACT = 'dynamodb:TransactWriteItems';

/** So many publishes, side by side, with small pauses: in many batches, and not in one. */
export async function storm(
  { publish, random }: Torture,
  topics: readonly string[],
  count: number,
  atOnce = 4,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (; next < count; ) {
        next += 1;
        await publish(topics[next % topics.length] ?? '');
        await pause(random.below(25));
      }
    }),
  );
}

/** It came by itself: no heartbeat, no fill of a client that asked. */
export const untilHeard = (
  clients: readonly Client[],
  topic: string,
  number: number,
  withinMs = 20_000,
): Promise<true> =>
  until(
    () => clients.every((one) => one.position(topic)?.numbers.includes(number)) || undefined,
    `message ${number} on ${topic}`,
    withinMs,
  );

/** Waits until a gate has acted so often; one with a chance: has been met so often. */
export const untilActed = ({ control }: Torture, id: string, times = 1): Promise<true> =>
  until(
    async () => {
      const gate = (await control.gates()).find((one) => one.id === id);
      const count = gate?.chance === 1 ? gate.acted : gate?.matched;
      return (count ?? times) >= times || undefined;
    },
    `gate ${id}, ${times} times`,
    20_000,
  );

/** Moves time on in steps that leave nobody idle, until it is so. */
export async function advanceUntil(
  { advance }: Torture,
  clients: readonly Client[],
  stepMs: number,
  isSo: () => boolean,
  steps = 60,
): Promise<void> {
  for (let step = 0; !isSo(); step += 1) {
    if (step === steps) throw new Error('It never came, however far time was moved on.');
    await advance(stepMs);
    await Promise.all(clients.map((client) => client.ping()));
    await pause(100);
  }
}

/** Of a count that only `npm run torture` runs whole. */
export const shareOf = ({ share }: Torture, count: number): number =>
  Math.max(1, Math.round(count * share));
