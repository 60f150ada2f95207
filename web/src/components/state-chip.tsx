import type { State } from '../../../client/state.ts';

const words: Record<State['name'], string> = {
  idle: 'Idle',
  connecting: 'Connecting',
  authenticating: 'Signing in',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  closed: 'Closed',
  failed: 'Failed',
};

export function StateChip({ state, plugged }: { state: State; plugged: boolean }) {
  const name = plugged ? state.name : 'offline';
  return (
    <span class={`chip chip-${name}`} title={`${state.code}: ${state.reason}`}>
      {plugged ? words[state.name] : 'Offline'}
    </span>
  );
}
