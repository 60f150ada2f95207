import { type Section, section, sections } from '../section.ts';

const names = Object.keys(sections) as Section[];

export function SectionNav() {
  return (
    <nav class="sections" aria-label="Sections">
      {names.map((name) => (
        <a key={name} href={`#${name}`} aria-current={section.value === name ? 'page' : undefined}>
          {sections[name]}
        </a>
      ))}
    </nav>
  );
}
