import { type Signal, signal } from '@preact/signals';

/** The screen that the URL's hash names. */
const screenInHash = (): string => location.hash.slice(1).split('?')[0]?.split('/')[1] ?? '';

export const screen = signal(screenInHash());

/** What the URL's hash holds behind its `?`: filters, and what is chosen. */
const inHash = (): URLSearchParams => new URLSearchParams(location.hash.split('?')[1] ?? '');

const known = new Map<string, { readonly value: Signal<string>; readonly fallback: string }>();

/** A value that the URL keeps; setting it writes the URL, going back reads it again. */
export function parameter(name: string, fallback = ''): { value: string } {
  const { value } = known.get(name) ?? keep(name, fallback);
  return {
    get value() {
      return value.value;
    },
    set value(next) {
      value.value = next;
      write();
    },
  };
}

function keep(name: string, fallback: string) {
  const kept = { value: signal(inHash().get(name) ?? fallback), fallback };
  known.set(name, kept);
  return kept;
}

function write(): void {
  const [section = ''] = location.hash.split('?');
  const query = new URLSearchParams();
  for (const [name, { value, fallback }] of known) {
    if (value.peek() !== fallback) query.set(name, value.peek());
  }
  const text = query.toString();
  history.replaceState(undefined, '', `${section}${text && `?${text}`}`);
}

addEventListener('hashchange', () => {
  screen.value = screenInHash();
  const query = inHash();
  for (const [name, { value, fallback }] of known) value.value = query.get(name) ?? fallback;
});
