import type { Evidence } from './evidence.ts';

/** How strictly an audit judges. */
export interface Terms {
  /** So long a bound connection may be without its socket, and a session without a connection. */
  readonly ghostsForSeconds: number;
  /** Every client has gone, and everything that follows from that has happened. */
  readonly isEmpty: boolean;
}

/** One promise that rows, sockets and logs are held to. */
export interface Promised {
  readonly claim: string;
  check(evidence: Evidence, terms: Terms): Verdict;
}

export interface Verdict {
  readonly checked: number;
  /** What was seen instead. */
  readonly broken: readonly string[];
}

/** Holds each of them to it: a complaint is a sentence, or several. */
export function each<One>(
  items: Iterable<One>,
  complaintAbout: (item: One) => string | readonly string[] | undefined,
): Verdict {
  const all = [...items];
  return { checked: all.length, broken: all.flatMap((item) => complaintAbout(item) ?? []) };
}
