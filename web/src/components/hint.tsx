import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A word that explains itself: on hover and on focus, until Escape. */
export function Hint({ word, children }: { word: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <span class="hint">
      <button
        type="button"
        aria-describedby={id}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      >
        {word}
      </button>
      <span id={id} role="tooltip">
        {children}
      </span>
    </span>
  );
}
