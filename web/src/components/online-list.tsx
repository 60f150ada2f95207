import { GRACE_SECONDS } from '../../../contract/limits.ts';
import { knownAs, placeOf } from '../acquaintance.ts';
import { formatClock, formatSession } from '../format.ts';
import type { Person } from '../person.ts';
import { type Online, whoIsOnline } from '../presence.ts';
import { lost } from '../stage.ts';
import type { Watch } from '../watch.ts';
import { Hint } from './hint.tsx';

interface OnlineListProps {
  readonly watch: Watch;
  readonly people: readonly Person[];
}

export function OnlineList({ watch, people }: OnlineListProps) {
  const state = watch.state.value;
  const isStale = (state.name === 'reconnecting' || state.name === 'failed') && !lost.value;
  return (
    <section class="card" aria-labelledby="online-title">
      <h2 id="online-title">Who is online</h2>
      <p class="small">
        From the lifecycle events, live. Nobody leaves before the{' '}
        <Hint word="grace time">
          A cable that is pulled and plugged in again within the grace time ({GRACE_SECONDS}{' '}
          seconds, unless it is set otherwise) makes no event at all: the session goes on. Only a
          session that stays away longer has ended.
        </Hint>{' '}
        is over.
      </p>
      {isStale && (
        <p class="trouble">
          <span>The list stands still. {state.reason}</span>
          <button type="button" onClick={watch.connect}>
            Now
          </button>
        </p>
      )}
      <Everybody watch={watch} people={people} />
    </section>
  );
}

function Everybody({ watch, people }: OnlineListProps) {
  const known = watch.known.value;
  if (known.status === 'loading') return <p class="empty">Asking who is online …</p>;
  if (known.status === 'failed') {
    return (
      <p class="trouble" role="alert">
        <span>{known.sentence}</span>
        <button type="button" onClick={() => void watch.load()}>
          Try again
        </button>
      </p>
    );
  }
  const online = whoIsOnline(known.presence);
  if (online.length === 0) {
    return <p class="empty">Nobody is online. Whoever connects appears here.</p>;
  }
  return (
    <ul class="online">
      {online.map((one) => (
        <OnlineUser key={one.player} one={one} watch={watch} people={people} />
      ))}
    </ul>
  );
}

function OnlineUser({ one, watch, people }: OnlineListProps & { one: Online }) {
  const { name, look } = knownAs(one.player, people, watch);
  return (
    <li class={`online-user person-${look}`} data-player={one.player}>
      <span class="face" aria-hidden="true">
        {[...name][0]}
      </span>
      <div class="words">
        <h3>{name}</h3>
        <ul class="devices">
          {one.sessions.map(({ sessionId, since }) => (
            <li key={sessionId} class="device small">
              <code>{formatSession(sessionId)}</code>
              <span>{placeOf(sessionId, people, watch)}</span>
              <Since iso={since} />
            </li>
          ))}
        </ul>
      </div>
      <p class="small online-since">
        since <Since iso={one.since} />
      </p>
    </li>
  );
}

const Since = ({ iso }: { iso: string }) => (
  <time dateTime={iso}>{formatClock(Date.parse(iso))}</time>
);
