import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { isOperating } from './operating.ts';

interface ConfirmProps {
  readonly label: string;
  /** For those who do not see where it stands. */
  readonly about?: string;
  /** The question before it is done. @default none: it is done at once */
  readonly asks?: string;
  readonly disabled?: boolean;
  onConfirm(): Promise<void>;
}

/** An act: only for who has switched to operate, and asked about in place before it is done. */
export function Confirm({ label, about, asks, disabled = false, onConfirm }: ConfirmProps) {
  const state = useSignal<'idle' | 'asking' | 'busy'>('idle');
  const failed = useSignal<string | undefined>(undefined);
  const yes = useRef<HTMLButtonElement>(null);
  const act = useRef<HTMLButtonElement>(null);
  const hasAsked = useRef(false);
  const now = state.value;
  // The button that was pressed is no more: the focus goes where it is asked, and back, before anything else is typed.
  useLayoutEffect(() => {
    if (now === 'asking') yes.current?.focus();
    const isBack = now === 'idle' && hasAsked.current;
    if (isBack && document.activeElement === document.body) act.current?.focus();
    hasAsked.current = now !== 'idle';
  }, [now]);
  const run = async (): Promise<void> => {
    state.value = 'busy';
    failed.value = undefined;
    try {
      await onConfirm();
    } catch (fault) {
      failed.value = fault instanceof Error ? fault.message : String(fault);
    }
    state.value = 'idle';
  };
  const name = about && `${label}: ${about}`;
  if (now === 'asking') {
    return (
      <fieldset
        class="confirm"
        aria-label={name ?? label}
        onKeyDown={({ key }) => {
          if (key === 'Escape') state.value = 'idle';
        }}
      >
        <span>{asks}</span>
        <button type="button" class="strong" ref={yes} onClick={() => void run()}>
          Yes
        </button>
        <button
          type="button"
          onClick={() => {
            state.value = 'idle';
          }}
        >
          No
        </button>
      </fieldset>
    );
  }
  return (
    <span class="confirm">
      <button
        type="button"
        ref={act}
        aria-label={name}
        disabled={disabled || !isOperating.value || state.value === 'busy'}
        title={isOperating.value ? undefined : 'Switch to operate first.'}
        onClick={() => {
          if (asks) state.value = 'asking';
          else void run();
        }}
      >
        {state.value === 'busy' ? `${label} …` : label}
      </button>
      {failed.value && (
        <span class="bad" role="alert">
          {failed.value}
        </span>
      )}
    </span>
  );
}
