import type { FailedPost } from '../../contract/journal.ts';
import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import { logDefect, note } from '../platform/log.ts';
import { inParallel } from '../platform/parallel.ts';
import type { SocketOutcome, Sockets } from '../platform/sockets.ts';
import { markStale } from '../stores/connections.ts';
import { type EvictReach, evict } from './evict.ts';
import { postFrame } from './post-frame.ts';

export type PostToEachReach = EvictReach & { readonly sockets: Sockets<'post' | 'delete'> };

/** The time that there is, in milliseconds since the epoch. */
export interface Pace {
  now(): number;
  /** From then on no post is begun. */
  readonly until: number;
}

export interface Post {
  readonly frame: string;
  /** What it is, for whoever tells that it did not arrive. */
  readonly about: Pick<FailedPost, 'message' | 'broadcast'>;
}

export interface Posted {
  readonly delivered: number;
  /** They have left. */
  readonly gone: number;
  /** Ids of those that were not reached. */
  readonly failed: readonly string[];
}

/**
 * Posts one frame to each of these connections, side by side. Whatever happens to one is its own outcome: a socket
 * that is gone leaves [S4-05], one that cannot be reached is stale from then on [S3-06], until its next frame or the
 * next sweep says otherwise; neither is felt by another.
 */
export async function postToEach(
  reach: PostToEachReach,
  connectionIds: readonly string[],
  { frame, about }: Post,
  pace: Pace,
): Promise<Posted> {
  const outcomes = await inParallel(connectionIds, POSTS_AT_ONCE, async (connectionId) =>
    pace.now() < pace.until
      ? postToOne(reach, connectionId, { frame, about }, pace.now())
      : 'failed',
  );
  const count = (outcome: SocketOutcome) => outcomes.filter((each) => each === outcome).length;
  return {
    delivered: count('done'),
    gone: count('gone'),
    failed: connectionIds.filter((_, at) => outcomes[at] === 'failed'),
  };
}

async function postToOne(
  reach: PostToEachReach,
  connectionId: string,
  { frame, about }: Post,
  now: number,
): Promise<SocketOutcome> {
  try {
    const outcome = await postFrame(reach, connectionId, frame, now);
    if (outcome === 'gone' || outcome === 'failed')
      note('delivery.failed', { connectionId, outcome, ...about });
    if (outcome === 'gone') await evict(reach, connectionId, now);
    if (outcome === 'failed') {
      await markStale(reach, connectionId);
    }
    return outcome === 'left' ? 'gone' : outcome;
  } catch (fault) {
    logDefect('post.failed', fault, { connectionId });
    return 'failed';
  }
}
