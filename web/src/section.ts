import { signal } from '@preact/signals';

/** What the page shows; the URL's hash keeps it. */
export const sections = {
  playground: 'Playground',
  people: 'Who is there',
  operate: 'Operate',
} as const;
export type Section = keyof typeof sections;

/** `#operate/parked?topic=Pet`: the section, its screen, and what that keeps. */
function inHash(): Section {
  const [name = ''] = location.hash.slice(1).split(/[/?]/);
  return Object.hasOwn(sections, name) ? (name as Section) : 'playground';
}

export const section = signal<Section>(inHash());

addEventListener('hashchange', () => {
  section.value = inHash();
});
