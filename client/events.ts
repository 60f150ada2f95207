import type { DirectMessage, Notice, NotRecovered } from '../contract/protocol.ts';
import type { SealedTrouble } from '../contract/sealed.ts';
import type { WireFrame } from './connection.ts';
import type { State, WhyCode } from './state.ts';

/** Messages were missing on a topic. This is what came of it: all of them, or word that they are gone [G4]. */
export type Gap = { readonly topic: string } & (
  | { readonly recovered: true; readonly messages: number }
  /** What the application knows of the topic is out of date: read it anew. */
  | { readonly recovered: false; readonly reason: NotRecovered }
);

/** What a time without a socket came to. */
export interface Recovery {
  /** Nothing that was missed is lost [G4]. */
  readonly recovered: boolean;
  /** So many were missed, and are here now. */
  readonly messages: number;
  /** Topic by topic, where anything was missed. */
  readonly gaps: readonly Gap[];
  readonly ms: number;
}

/** Something did not work. What can be tried again is tried again. */
export interface Trouble {
  readonly code: WhyCode | 'reference-failed' | 'load-failed' | SealedTrouble;
  /** One sentence for people. */
  readonly message: string;
  /** Where it concerns one topic alone. */
  readonly topic?: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
}

export interface ClientEvents {
  state: State;
  /**
   * Every message on this topic that is committed from now on will arrive: what is read now, and
   * changed by what arrives, misses nothing.
   */
  subscribed: { readonly topic: string };
  gap: Gap;
  /** A direct message; the same id again is the same one. */
  message: DirectMessage;
  /** A connection of this user could not be served and was closed. */
  notice: Notice;
  /** Once after each reconnect. */
  recovered: Recovery;
  error: Trouble;
  wire: WireFrame;
}

export interface Emitter<Events> {
  /** The function that is returned ends it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(name, listener) {
      const its = listeners.get(name) ?? new Set();
      listeners.set(name, its.add(listener));
      return () => its.delete(listener);
    },
    tell(name, event) {
      for (const listener of listeners.get(name) ?? [])
        call(listener as (event: unknown) => void, event);
    },
  };
}

/** What the application throws is its own fault: told as one, and nobody else is touched by it. */
export function call<Argument>(run: (argument: Argument) => void, argument: Argument): void {
  try {
    run(argument);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export const sentenceOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
