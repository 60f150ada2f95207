import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from './ask.ts';

/** Something that was asked for: what is there so far, or why there is nothing. */
export interface AskedFor<Answer> {
  readonly answer: Answer | undefined;
  readonly error: string | undefined;
  again(): void;
}

interface Options<Answer> {
  /** @default the operator's API */
  readonly ask?: (path: string) => Promise<Answer>;
  /** Asked again so often, while the page is looked at. @default once */
  readonly everyMs?: number;
  /** What is there stays as it is. */
  readonly isPaused?: boolean;
  /** From then on it is asked no more. */
  readonly until?: (answer: Answer) => boolean;
}

/** Asks, and asks again when the path changes. What comes late, for a path of before, is left out. */
export function useAsked<Answer>(path: string, options: Options<Answer> = {}): AskedFor<Answer> {
  const { ask: askFor = ask<Answer>, everyMs, isPaused = false, until } = options;
  const answer = useSignal<Answer | undefined>(undefined);
  const error = useSignal<string | undefined>(undefined);
  const round = useSignal(0);
  const shown = useRef(path);
  const rounds = round.value;
  useEffect(() => {
    if (isPaused && shown.current === path && answer.peek() !== undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    if (shown.current !== path) {
      answer.value = undefined;
      shown.current = path;
    }
    const askOnce = async () => {
      if (!document.hidden) {
        try {
          const told = await askFor(path);
          if (!isCurrent) return;
          answer.value = told;
          error.value = undefined;
          if (until?.(told)) return;
        } catch (fault) {
          if (!isCurrent) return;
          error.value = fault instanceof Error ? fault.message : String(fault);
        }
      }
      if (everyMs && !isPaused) timer = setTimeout(() => void askOnce(), everyMs);
    };
    void askOnce();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [path, rounds, isPaused]);
  return {
    answer: answer.value,
    error: error.value,
    again: () => {
      round.value += 1;
    },
  };
}

interface AskedProps<Answer> {
  readonly asked: AskedFor<Answer>;
  children(answer: Answer): ComponentChildren;
}

/** Shows the answer once it is there; before that that it is waited for, and instead of it why it cannot be. */
export function Asked<Answer>({ asked, children }: AskedProps<Answer>) {
  const { answer, error, again } = asked;
  return (
    <>
      {error && (
        <p class="failed" role="alert">
          {error}{' '}
          <button type="button" onClick={again}>
            Ask again
          </button>
        </p>
      )}
      {answer === undefined ? !error && <p class="empty">Asking …</p> : children(answer)}
    </>
  );
}
