import { theme, themes } from '../theme.ts';

const words = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const;

export function ThemeSwitch() {
  return (
    <fieldset class="theme">
      <legend class="unseen">Colours</legend>
      {themes.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="theme"
            class="unseen"
            checked={theme.value === one}
            onChange={() => {
              theme.value = one;
            }}
          />
          <span>{words[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
