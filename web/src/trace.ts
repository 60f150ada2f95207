import { signal } from '@preact/signals';
import type { Seen } from './hops.ts';
import { findStage } from './stage.ts';

const KEPT = 500;
const LOOK_AGAIN_MS = 3_000;

/** What the stage has seen at its wires since this page was opened, oldest first. */
export const seen = signal<readonly Seen[]>([]);
/** The stage is there, but tells nothing of what it sees. */
export const silent = signal(false);

/** Follows the stage's trace for as long as the page is open; a lost stage is looked for. */
export async function followTrace(): Promise<never> {
  for (;;) {
    await findStage();
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
    };
    source.onerror = () => {
      source.close();
      ended();
    };
  });
