import type { ComponentProps } from 'preact';
import { useId } from 'preact/hooks';

type FieldProps = ComponentProps<'input'> & {
  readonly label: string;
  readonly name: string;
  /** What is good to know before typing. */
  readonly advice?: string;
  /** Why what was typed is not accepted. */
  readonly error?: string | undefined;
};

/** An input with its words around it; an error takes the place of the advice. */
export function Field({ label, advice, error, ...input }: FieldProps) {
  const id = useId();
  const words = `${id}-words`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        required
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || advice ? words : undefined}
      />
      <p id={words} class={error ? 'field-error' : 'small'} aria-live="polite">
        {error ?? advice}
      </p>
    </div>
  );
}
