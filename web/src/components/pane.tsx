import { formatSession } from '../format.ts';
import type { Person } from '../person.ts';
import { lost } from '../stage.ts';
import { CableSwitch } from './cable-switch.tsx';
import { PetCard } from './pet-card.tsx';
import { StateChip } from './state-chip.tsx';
import { WireView } from './wire-view.tsx';

/** One person's page. */
export function Pane({ person }: { person: Person }) {
  const { name, look, signedIn, sessionId } = person;
  const state = person.state.value;
  const title = `pane-${sessionId}`;
  return (
    <section class={`pane person-${look}`} aria-labelledby={title}>
      <div class="pane-head">
        <span class="face" aria-hidden="true">
          {name.slice(0, 1)}
        </span>
        <div>
          <h2 id={title}>{name}</h2>
          <p class="small">
            {signedIn} · session <code>{formatSession(sessionId)}</code>
          </p>
        </div>
        <StateChip state={state} plugged={person.plugged.value} />
      </div>
      <CableSwitch person={person} />
      {state.name === 'failed' && (
        <p class="trouble" role="alert">
          <span>{state.reason}</span>
          <button type="button" onClick={person.connect}>
            Try again
          </button>
        </p>
      )}
      {state.name === 'reconnecting' && person.plugged.value && !lost.value && (
        <p class="trouble">
          <span>
            {state.reason} The next try comes within {Math.ceil(state.inMs / 1000)} s.
          </span>
          <button type="button" onClick={person.connect}>
            Now
          </button>
        </p>
      )}
      <Pets person={person} />
      <WireView lines={person.wire.value} name={name} />
    </section>
  );
}

function Pets({ person }: { person: Person }) {
  const pets = person.pets.value;
  if (pets.status === 'loading') return <p class="empty">Fetching the pets …</p>;
  if (pets.status === 'failed') {
    return (
      <p class="trouble" role="alert">
        <span>{pets.sentence}</span>
        <button type="button" onClick={() => void person.load()}>
          Try again
        </button>
      </p>
    );
  }
  if (pets.list.length === 0) {
    return (
      <p class="empty">
        The store has no pets. <code>npm start</code> brings some into an empty store.
      </p>
    );
  }
  return (
    <ul class="pets">
      {pets.list.map((pet) => (
        <PetCard key={pet.petId} pet={pet} person={person} />
      ))}
    </ul>
  );
}
