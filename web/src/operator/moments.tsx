interface Shown {
  readonly at: string;
  readonly what: string;
  readonly isBad: boolean;
  readonly about: Readonly<Record<string, unknown>>;
}

/** One line a moment: when, what, and about whom. */
export const Moments = ({ moments }: { moments: readonly Shown[] }) => (
  <ol class="moments">
    {moments.map(({ at, what, isBad, about }) => (
      <li key={`${at}${what}${JSON.stringify(about)}`} class={isBad ? 'bad' : ''}>
        <time>{at}</time>
        <strong>{what}</strong>
        <span>{inWords(about)}</span>
      </li>
    ))}
  </ol>
);

const inWords = (about: Shown['about']): string =>
  Object.entries(about)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');

/** What was noted is that something went wrong. */
export const isBad = ({
  what,
  outcome,
}: {
  readonly what: string;
  readonly outcome?: unknown;
}): boolean => what.endsWith('.failed') || outcome === 'failed' || outcome === 'refused';
