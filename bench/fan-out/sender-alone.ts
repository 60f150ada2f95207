import { POSTS_AT_ONCE, RECIPIENTS_PER_PAGE } from '../../contract/limits.ts';
import { inParallel } from '../../lambdas/platform/parallel.ts';
import { openSockets } from '../../lambdas/platform/sockets.ts';

const sockets = openSockets('delivery');
const idOf = (at: number) => `${at.toString(36).padStart(15, 'A')}=`;

/** Posts to so many connections, page by page, as workers do; gives how many took it. */
export const handler = async ({
  many,
  frame,
}: {
  readonly many: number;
  readonly frame: string;
}) => {
  let done = 0;
  for (let from = 0; from < many; from += RECIPIENTS_PER_PAGE) {
    const page = Array.from({ length: Math.min(RECIPIENTS_PER_PAGE, many - from) }, (_, at) =>
      idOf(from + at),
    );
    const outcomes = await inParallel(page, POSTS_AT_ONCE, (id) => sockets.post(id, frame));
    done += outcomes.filter((outcome) => outcome === 'done').length;
  }
  return done;
};
