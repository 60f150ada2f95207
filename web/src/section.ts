import { signal } from '@preact/signals';

/** What the page shows; the URL's hash keeps it. */
export const sections = { playground: 'Playground', people: 'Who is there' } as const;
export type Section = keyof typeof sections;

const inHash = (): Section => (location.hash === '#people' ? 'people' : 'playground');

export const section = signal<Section>(inHash());

addEventListener('hashchange', () => {
  section.value = inHash();
});
