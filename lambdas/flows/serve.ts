import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import type { Notice } from '../../contract/protocol.ts';
import type { SessionName } from '../../contract/tables.ts';
import { isoTime } from '../../rules/connection.ts';
import { note } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import type { SocketOutcome, Sockets } from '../platform/sockets.ts';
import { type EvictReach, evict } from './evict.ts';
import type { Framing } from './framing.ts';
import { notifyUser } from './notify-user.ts';
import { postFrame } from './post-frame.ts';
import type { Route, Routes } from './routes.ts';

export type ServeReach = EvictReach &
  Reaches<{ sessions: 'get' | 'batchGet' | 'update' }> & {
    readonly sockets: Sockets<'post' | 'delete'>;
    readonly routes: Routes;
  };

/**
 * Posts to every connection along these routes, in order for each. One recipient's trouble is never
 * another's: a socket that is gone leaves [S4-05], one that cannot be served is closed, so that resume
 * takes over [G5].
 */
export async function serveAll(
  reach: ServeReach,
  framing: Framing,
  routes: readonly Route[],
  now: number,
): Promise<void> {
  const tally = { Delivered: 0, GonePosts: 0, DeliveriesFailed: 0 };
  await inParallel(routes, POSTS_AT_ONCE, (route) => serve(reach, route, framing, tally, now));
  measure(tally);
}

/** Connections, by what came of posting to them. */
type Tally = { -readonly [Name in 'Delivered' | 'GonePosts' | 'DeliveriesFailed']: number };

/** Every connection of a session, also those that came while others were found closed. */
async function serve(
  reach: ServeReach,
  first: Route,
  framing: Framing,
  tally: Tally,
  now: number,
): Promise<void> {
  const tried = new Set<string>();
  for (let route = first; ; route = await reach.routes.again(reach, route.session, now)) {
    const frames = await framing.for(route);
    const left = route.connections.filter((id) => !tried.has(id));
    if (frames.length === 0 || left.length === 0) return;
    for (const id of left) tried.add(id);
    const served = await Promise.all(
      left.map((id) =>
        serveOne(reach, route.session, id, { frames, about: framing.about }, tally, now),
      ),
    );
    if (served.every((isServed) => isServed)) return;
  }
}

/** True when there is nothing more to look for: it was served, or has to see the hole by itself. */
async function serveOne(
  reach: ServeReach,
  session: SessionName,
  connectionId: string,
  { frames, about }: { readonly frames: readonly string[]; readonly about: Framing['about'] },
  tally: Tally,
  now: number,
): Promise<boolean> {
  const outcome = await postAll(reach, connectionId, frames, now);
  tally[OUTCOMES[outcome]] += 1;
  if (outcome === 'done') return true;
  if (outcome === 'left') return false;
  note('delivery.failed', { ...session, connectionId, outcome, ...about });
  // What was found closed needs no word; what nothing reaches is closed, and its user told [S3-06].
  const isLost = outcome === 'failed';
  const notice = isLost ? deliveryFailed(connectionId, now) : undefined;
  const eviction = await evict(reach, connectionId, now, notice);
  if (eviction === 'left' && notice) await notifyUser(reach, session, notice, now);
  // One that nobody can shut stays: its client sees the hole in the next frame, and hears of it no other way.
  return eviction === 'stays';
}

const deliveryFailed = (connectionId: string, now: number): Notice => ({
  code: 'delivery-failed',
  connectionId,
  at: isoTime(now),
});

/** `left` was told 410 as well; whoever found out first has taken it out. */
const OUTCOMES = {
  done: 'Delivered',
  gone: 'GonePosts',
  left: 'GonePosts',
  failed: 'DeliveriesFailed',
} as const satisfies Record<SocketOutcome | 'left', keyof Tally>;

/** In order; the first that does not arrive ends it, since nothing may follow over a hole. */
async function postAll(
  reach: ServeReach,
  connectionId: string,
  frames: readonly string[],
  now: number,
): ReturnType<typeof postFrame> {
  for (const frame of frames) {
    const outcome = await postFrame(reach, connectionId, frame, now);
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}
