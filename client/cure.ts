import type { WhyCode } from './state.ts';

/** What helps after a failure: the same again in a moment, a new socket with a new token, or nothing. */
export type Cure = 'wait' | 'new-socket' | 'none';

const waiting: readonly WhyCode[] = ['busy', 'gateway-error', 'no-token'];

const newSocket: readonly WhyCode[] = [
  'socket-lost',
  'no-answer',
  'not-authenticated',
  'token-expired',
  'session-over',
  'already-authenticated',
  'connection-gone',
  // Sessions of pages that were just closed end by themselves, and dead connections are found.
  'too-many-sessions',
  'too-many-connections',
];

export const cureOf = (code: WhyCode): Cure =>
  waiting.includes(code) ? 'wait' : newSocket.includes(code) ? 'new-socket' : 'none';
