import { formatMs } from '../format.ts';
import type { Person } from '../person.ts';

/** Takes a person off the network and back, and tells what the time away came to. */
export function CableSwitch({ person }: { person: Person }) {
  const plugged = person.plugged.value;
  return (
    <div class="cable">
      {plugged ? (
        <button type="button" onClick={() => void person.pull()}>
          Pull the cable
        </button>
      ) : (
        <button type="button" class="strong" onClick={person.plug}>
          Plug it back in
        </button>
      )}
      <p class="small" role="status">
        {plugged ? <Recovery person={person} /> : `${person.name} hears nothing now.`}
      </p>
    </div>
  );
}

function Recovery({ person }: { person: Person }) {
  const recovery = person.recovery.value;
  if (!recovery) return null;
  const { recovered, messages, ms } = recovery;
  if (!recovered) return <>Too much was missed to go on from there: everything was read anew.</>;
  if (messages === 0) return <>Back after {formatMs(ms)}. Nothing was missed.</>;
  return (
    <>
      <strong>
        {messages} missed {messages === 1 ? 'message' : 'messages'}
      </strong>
      , recovered, in {formatMs(ms)}
    </>
  );
}
