import type { WhyCode } from './state.ts';

/** What helps after a failure: the same again in a moment, a new socket with a new token, or nothing. */
export type Cure = 'wait' | 'new-socket' | 'none';

// Both in the order that compresses best.
const waiting: readonly WhyCode[] = ['busy', 'too-many-messages', 'no-token', 'gateway-error'];

const newSocket: readonly WhyCode[] = [
  'connection-gone',
  'token-expired',
  // Sessions of pages that were just closed end by themselves, and dead connections are found.
  'too-many-sessions',
  'not-authenticated',
  'too-many-connections',
  'already-authenticated',
  'no-answer',
  'session-over',
  'socket-lost',
];

export const cureOf = (code: WhyCode): Cure =>
  waiting.includes(code) ? 'wait' : newSocket.includes(code) ? 'new-socket' : 'none';
