import { type Signal, useSignal } from '@preact/signals';
import type { Account } from '../../../client/account.ts';
import { wholeCode } from '../code-letters.ts';

export type Verdict =
  | { readonly is: 'none' | 'asking' }
  | { readonly is: 'good'; readonly until: string }
  | { readonly is: 'bad'; readonly sentence: string };

export interface CodeCheck {
  readonly code: Signal<string>;
  readonly verdict: Signal<Verdict>;
  type(text: string): void;
  /** Asks once about each code that was left standing, never while it is typed. */
  leave(): Promise<void>;
}

const NO_CODE = 'That is no whole code: it has four groups of four letters and digits.';

export function useCodeCheck(ask: Account['validateInvitation']): CodeCheck {
  const code = useSignal('');
  const verdict = useSignal<Verdict>({ is: 'none' });
  return {
    code,
    verdict,
    type(text) {
      if (text === code.value) return;
      code.value = text;
      verdict.value = { is: 'none' };
    },
    async leave() {
      if (code.value === '' || verdict.value.is !== 'none') return;
      const whole = wholeCode(code.value);
      if (!whole) {
        verdict.value = { is: 'bad', sentence: NO_CODE };
        return;
      }
      code.value = whole;
      verdict.value = { is: 'asking' };
      const said = await ask(whole);
      // Whoever has typed on is told about what stands there now, when they leave it.
      if (code.value !== whole || verdict.value.is !== 'asking') return;
      verdict.value = said.ok
        ? { is: 'good', until: said.expiresAt }
        : { is: 'bad', sentence: said.message };
    },
  };
}
