import { useEffect } from 'preact/hooks';
import { knownAs, placeOf } from '../acquaintance.ts';
import { announce } from '../announce.ts';
import { formatClock, formatSession } from '../format.ts';
import type { Person } from '../person.ts';
import type { Happening, Watch } from '../watch.ts';

interface HappeningsProps {
  readonly watch: Watch;
  readonly people: readonly Person[];
}

/** The lifecycle events since this list was opened, newest first. */
export function Happenings({ watch, people }: HappeningsProps) {
  const happenings = watch.happenings.value;
  const [newest] = happenings;
  useEffect(() => {
    const isOfUser = newest && newest.sessionId === undefined;
    if (!isOfUser || newest.player === watch.userId.value) return;
    const { name } = knownAs(newest.player, people, watch);
    announce(`${name} is ${newest.type === 'Player Connect' ? 'online' : 'offline'}.`);
  }, [newest?.id]);

  return (
    <section class="card" aria-labelledby="happenings-title">
      <h2 id="happenings-title">Who came, who went</h2>
      {happenings.length === 0 ? (
        <p class="empty">
          No event yet. Sign in, close another tab of this page, or pull a cable in the playground
          and leave it out: each event appears here.
        </p>
      ) : (
        <ol class="happenings">
          {happenings.map((happening) => (
            <HappeningLine key={happening.id} happening={happening} watch={watch} people={people} />
          ))}
        </ol>
      )}
    </section>
  );
}

function HappeningLine({ happening, watch, people }: HappeningsProps & { happening: Happening }) {
  const { type, player, sessionId, at, recovered } = happening;
  return (
    <li class="happening">
      <time dateTime={at}>{formatClock(Date.parse(at))}</time>
      <span class={`event event-${type.endsWith('Disconnect') ? 'went' : 'came'}`}>{type}</span>
      <span class="event-about">
        {knownAs(player, people, watch).name}
        {sessionId && (
          <span class="small">
            {' · '}
            <code>{formatSession(sessionId)}</code> {placeOf(sessionId, people, watch)}
          </span>
        )}
        {recovered && <span class="small"> · missed, recovered</span>}
      </span>
    </li>
  );
}
