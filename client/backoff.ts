/** Full jitter between nothing and a ceiling that doubles: a crowd that lost its sockets together comes back apart. */

const FIRST_CEILING_MS = 500;
const LAST_CEILING_MS = 20_000;

/** How long to wait before this try, counted from 1. `random` is uniform in [0, 1). */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** (attempt - 1));
}
