import { signal } from '@preact/signals';
import type { Seen } from './hops.ts';
import { facts, findStage } from './stage.ts';

const KEPT = 500;
const LOOK_AGAIN_MS = 3_000;

/** What the stage has seen at its wires since this page was opened, oldest first. */
export const seen = signal<readonly Seen[]>([]);
/** Of those the frames, and sockets that opened and closed: calls would push them out. */
export const frames = signal<readonly Seen[]>([]);
/** The stage is there, but tells nothing of what it sees. */
export const silent = signal(false);

/** Follows the stage's trace for as long as the page is open; a lost stage is looked for. Nothing else tells one. */
export async function followTrace(): Promise<void> {
  for (;;) {
    await findStage();
    if (facts.value?.isStage === false) return;
    await followOnce();
    await findStage();
    silent.value = true;
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}

/** Resolves when the stream ends. */
const followOnce = (): Promise<void> =>
  new Promise((ended) => {
    const since = seen.value.at(-1)?.at ?? Date.now();
    const source = new EventSource(`/stage/trace?since=${since}`);
    source.onopen = () => {
      silent.value = false;
    };
    source.onmessage = (message) => {
      const event = { ...JSON.parse(message.data), receivedAt: Date.now() };
      seen.value = [...seen.value.slice(1 - KEPT), event];
      if (event.kind !== 'frame' && event.kind !== 'socket') return;
      frames.value = [...frames.value.slice(1 - KEPT), event];
    };
    source.onerror = () => {
      source.close();
      ended();
    };
  });
