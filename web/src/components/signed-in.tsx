import { formatSession } from '../format.ts';
import type { Person } from '../person.ts';
import { StateChip } from './state-chip.tsx';

export function SignedIn({ person, signOut }: { person: Person; signOut(): Promise<void> }) {
  const { name, look, sessionId } = person;
  return (
    <div class={`signed-in person-${look}`}>
      <div class="pane-head">
        <span class="face" aria-hidden="true">
          {[...name][0]}
        </span>
        <div class="words">
          <h3>{name}</h3>
          <p class="small">
            Signed in · session <code>{formatSession(sessionId)}</code>
          </p>
        </div>
        <StateChip state={person.state.value} plugged={person.plugged.value} />
      </div>
      <p class="small">
        {name} has a pane <a href="#playground">in the playground</a> now. Signing out revokes the
        refresh token, and every token that came of it.
      </p>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </div>
  );
}
