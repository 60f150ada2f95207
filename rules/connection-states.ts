import type { ConnectionStatus } from '../contract/tables.ts';

/**
 * The life of a connection [S3-04]: every step with the states that it may be taken from, and where it
 * leads. Whoever writes a status takes a step: its condition and its value are read off this table. The
 * document's Active is `CONNECTED`, its Stale `STALE`, its Terminated `DISCONNECTED`, which nothing leads
 * out of.
 */
export const steps = {
  /** A token was verified: the only way out of `PENDING` but the end. */
  bind: { from: ['PENDING'], to: 'CONNECTED' },
  /** Another token, or the same one again, of the session that it is in. */
  bindAgain: { from: ['CONNECTED', 'STALE'], to: 'CONNECTED' },
  /** A frame of the client, or the gateway's word that its socket is open. */
  hear: { from: ['CONNECTED', 'STALE'], to: 'CONNECTED' },
  /** It could not be served, nor closed: whoever cleans up next asks about it. */
  miss: { from: ['CONNECTED'], to: 'STALE' },
  /** A disconnect, a 410, a replacement, a drop: whichever door. */
  leave: { from: ['CONNECTED', 'STALE'], to: 'DISCONNECTED' },
  /** Nobody authenticated on it. */
  lapse: { from: ['PENDING'], to: 'DISCONNECTED' },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly ConnectionStatus[]; readonly to: ConnectionStatus }>
>;

/** How a connection begins: to be bound, or, where nobody authenticates, as it stays. */
export type FirstStatus = Extract<ConnectionStatus, 'PENDING' | 'CONNECTED'>;
export const END = steps.leave.to;

/** Steps that administration may ask for: nobody but a token makes a connection somebody's. */
const administered = [
  'hear',
  'miss',
  'leave',
  'lapse',
] as const satisfies readonly (keyof typeof steps)[];
type AdministeredStep = (typeof administered)[number];

/** [S2-03] The step that leads from one state to another; `stay` where it is there, undefined where none leads. */
export function stepBetween(
  from: ConnectionStatus,
  to: ConnectionStatus,
): AdministeredStep | 'stay' | undefined {
  if (from === to) return 'stay';
  return administered.find((step) => steps[step].to === to && leads(step, from));
}

const leads = (step: keyof typeof steps, from: ConnectionStatus): boolean =>
  (steps[step].from as readonly ConnectionStatus[]).includes(from);

/** Is it in a session, or, where nobody authenticates, as good as in one? */
export const isActive = (status: ConnectionStatus): boolean => leads('leave', status);
