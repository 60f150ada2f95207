import { useLayoutEffect, useRef } from 'preact/hooks';
import { groupTyped } from '../code-letters.ts';
import { formatDay } from '../format.ts';
import { Field } from './field.tsx';
import type { CodeCheck, Verdict } from './use-code-check.ts';

interface CodeFieldProps {
  readonly check: CodeCheck;
  /** What signing up with it was answered. */
  readonly error: string | undefined;
  onType(): void;
}

export function CodeField({ check, error, onType }: CodeFieldProps) {
  const { code, verdict } = check;
  const placed = useRef<{ input: HTMLInputElement; caret: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const { input, caret } = placed.current ?? {};
    placed.current = undefined;
    if (caret !== undefined) input?.setSelectionRange(caret, caret);
  });
  return (
    <Field
      label="Invitation code"
      name="inviteCode"
      type="text"
      class="code"
      autoComplete="off"
      autoCapitalize="characters"
      spellcheck={false}
      placeholder="ABCD-EFGH-JKMN-PQRS"
      advice={adviceFor(verdict.value)}
      error={error ?? (verdict.value.is === 'bad' ? verdict.value.sentence : undefined)}
      value={code.value}
      onInput={({ currentTarget: input }) => {
        const { text, caret } = groupTyped(input.value, input.selectionStart ?? Infinity);
        // Also where the text stays as it was: the browser has put the caret, and the dash, elsewhere.
        input.value = text;
        input.setSelectionRange(caret, caret);
        placed.current = { input, caret };
        check.type(text);
        onType();
      }}
      onBlur={() => void check.leave()}
    />
  );
}

function adviceFor(verdict: Verdict): string {
  if (verdict.is === 'asking') return 'Looking at it …';
  if (verdict.is === 'good') return `Good until ${formatDay(Date.parse(verdict.until))}.`;
  return 'Small letters, missing dashes and a zero for an O are fine.';
}
