import type { ComponentChildren } from 'preact';

/** Holds what may be longer or wider than there is room; the keyboard scrolls it, too. */
export const ScrollBox = ({ label, children }: { label: string; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
  <section class="scroll tall" aria-label={label} tabIndex={0}>
    {children}
  </section>
);
