import { formatMs } from '../format.ts';
import type { Person } from '../person.ts';

/** Takes a person off the network and back, or loses a message, and tells what came of it. */
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
      {plugged && (
        <button type="button" disabled={person.losing.value} onClick={person.lose}>
          Lose a message
        </button>
      )}
      <p class="small" role="status">
        <Outcome person={person} />
      </p>
    </div>
  );
}

function Outcome({ person }: { person: Person }) {
  const { name } = person;
  const recovery = person.recovery.value;
  const gap = person.gap.value;
  if (!person.plugged.value) return <>{name} hears nothing now.</>;
  if (person.losing.value) {
    return <>The next message to {name} gets lost; the one after it shows the hole.</>;
  }
  if (recovery) {
    const { recovered, messages, ms } = recovery;
    if (!recovered) return <>Too much was missed to go on from there: everything was read anew.</>;
    if (messages === 0) return <>Back after {formatMs(ms)}. Nothing was missed.</>;
    return (
      <>
        <Missed messages={messages} />, recovered, in {formatMs(ms)}
      </>
    );
  }
  if (!gap?.recovered) return null;
  return (
    <>
      A hole: <Missed messages={gap.messages} />, read and put in its place
    </>
  );
}

function Missed({ messages }: { messages: number }) {
  return (
    <strong>
      {messages} missed {messages === 1 ? 'message' : 'messages'}
    </strong>
  );
}
