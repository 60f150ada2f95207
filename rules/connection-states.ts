import type { ConnectionStatus } from '../contract/tables.ts';

/**
 * The life of a connection [S3-04]: each step with the states that it may be taken from, and where it leads.
 * The document's Active is `CONNECTED`, its Stale `STALE`, its Terminated `DISCONNECTED`, which nothing
 * leads out of.
 */
export const steps = {
  /** A token was verified: the only way out of `PENDING` but the end. */
  bind: { from: ['PENDING', 'CONNECTED', 'STALE'], to: 'CONNECTED' },
  /** A frame of the client, or the gateway's word that its socket is open. */
  hear: { from: ['CONNECTED', 'STALE'], to: 'CONNECTED' },
  /** It could not be served, and nobody knows yet whether it is gone: whoever cleans up asks. */
  miss: { from: ['CONNECTED'], to: 'STALE' },
  /** A disconnect, a 410, a replacement, a drop: whichever door. */
  leave: { from: ['PENDING', 'CONNECTED', 'STALE'], to: 'DISCONNECTED' },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly ConnectionStatus[]; readonly to: ConnectionStatus }>
>;

export type Step = keyof typeof steps;

/** Steps that administration may ask for: nobody but a token makes a connection somebody's. */
const administered = ['hear', 'miss', 'leave'] as const satisfies readonly Step[];
export type AdministeredStep = (typeof administered)[number];

/** [S2-03] The step that leads from one state to another; `stay` where it is there, undefined where none leads. */
export function stepBetween(
  from: ConnectionStatus,
  to: ConnectionStatus,
): AdministeredStep | 'stay' | undefined {
  if (from === to) return 'stay';
  return administered.find(
    (step) => steps[step].to === to && (steps[step].from as readonly string[]).includes(from),
  );
}
