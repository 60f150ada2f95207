import type { Origin, Run } from '../contract/tables.ts';

/** Where a topic stands before the next message is stamped. */
export interface Head {
  readonly epoch: string;
  readonly head: number;
  readonly run?: Run;
}

export interface Stamp {
  readonly id: string;
  readonly seq: number;
  /** The run that ended just before this message, if all of it was one origin's. */
  readonly run?: Run;
}

/** Gives messages their numbers, in the order in which they are handed in [G2]. Pure. */
export function stamp(
  head: Head,
  messages: readonly { readonly id: string; readonly origin?: Origin }[],
): { readonly head: Head; readonly stamps: readonly Stamp[] } {
  let { head: seq, run } = head;
  const stamps = messages.map(({ id, origin }) => {
    const stamped: Stamp = { id, seq: seq + 1, ...(run && { run }) };
    run = origin && (run && isSame(run, origin) ? run : { ...origin, from: seq });
    seq += 1;
    return stamped;
  });
  return { head: { epoch: head.epoch, head: seq, ...(run && { run }) }, stamps };
}

/** [S1-08] Both must match: a session id alone is only a name. */
export const isSame = (a: Origin, b: Origin): boolean =>
  a.userId === b.userId && a.sessionId === b.sessionId;

/**
 * What a subscriber continues from when it gets message `seq`: the messages between were its own and
 * were not sent back, so that its sequence stays whole.
 */
export const continuesFrom = (seq: number, run: Run | undefined, subscriber: Origin): number =>
  run && isSame(run, subscriber) ? run.from : seq - 1;

/** What a client sees as the epoch: an operator's setting after a restore is part of it. */
export const visibleEpoch = (epoch: string, setting: string): string =>
  setting === '' ? epoch : `${setting}.${epoch}`;
