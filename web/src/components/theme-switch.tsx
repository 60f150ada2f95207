import { theme, themes } from '../theme.ts';
import { Segments } from './segments.tsx';

const words = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const;

export function ThemeSwitch() {
  return (
    <Segments
      legend="Colours"
      name="theme"
      options={themes.map((one) => [one, words[one]])}
      value={theme.value}
      onChange={(next) => {
        theme.value = next;
      }}
    />
  );
}
