import type { WhyCode } from './state.ts';

/** What helps after a failure: the same again in a moment, a new socket with a new token, or nothing. */
export type Cure = 'wait' | 'new-socket' | 'none';

const cures: Partial<Record<WhyCode, Cure>> = {
  busy: 'wait',
  'gateway-error': 'wait',
  'no-token': 'wait',
  'socket-lost': 'new-socket',
  'no-answer': 'new-socket',
  'not-authenticated': 'new-socket',
  'token-expired': 'new-socket',
  'session-over': 'new-socket',
  'already-authenticated': 'new-socket',
  'connection-gone': 'new-socket',
  // Sessions of pages that were just closed end by themselves within the grace time.
  'too-many-sessions': 'new-socket',
};

export const cureOf = (code: WhyCode): Cure => cures[code] ?? 'none';
