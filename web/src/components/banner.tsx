import type { ComponentChildren } from 'preact';

/** Something that concerns the whole page, with the cure. */
export function Banner({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="banner" role="alert">
      <strong>{title}</strong> <span>{children}</span>
    </div>
  );
}
