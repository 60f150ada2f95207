import { formatMs } from '../format.ts';
import type { Mark } from '../person.ts';
import { Hint } from './hint.tsx';

/** What last happened to a card, in a few words. */
export function MarkLine({ mark, name }: { mark: Mark | undefined; name: string }) {
  if (!mark) return null;
  return <span class={`mark mark-${mark.kind}`}>{words(mark, name)}</span>;
}

function words(mark: Mark, name: string) {
  switch (mark.kind) {
    case 'saving':
      return '· saving …';
    case 'saved':
      return (
        <>
          · saved, <Hint word="not echoed">{whyNotEchoed(name)}</Hint>
        </>
      );
    case 'arrived':
      return mark.ms === undefined ? '· changed' : `· ${formatMs(mark.ms)} after the click`;
    case 'recovered':
      return '· missed, recovered';
    case 'lost-race':
    case 'failed':
      return mark.sentence;
  }
}

const whyNotEchoed = (name: string): string =>
  `${name}'s own session caused this change, so it is not sent back to ${name}: the HTTP answer has told this page already. Every other session gets it.`;
