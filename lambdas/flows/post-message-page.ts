import type { DirectMessagePage } from '../../contract/internal.ts';
import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import { lastsUntil, seconds } from '../../rules/connection.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { getConnection } from '../stores/connections.ts';
import { countPage, getMessage } from '../stores/direct-messages.ts';
import { postMessage } from './post-message.ts';
import type { Pace, PostToEachReach } from './post-to-each.ts';

export type PostMessagePageReach = PostToEachReach & Reaches<{ messages: 'get' | 'update' }>;

/**
 * Posts a direct message to one page of its recipients, and counts the page once. One that is not awaited any more was
 * counted already, or belongs to a try that another one has taken over: it is left alone.
 */
export async function postMessagePage(
  reach: PostMessagePageReach,
  { id, page, frame, recipients }: DirectMessagePage,
  pace: Pace,
): Promise<void> {
  const message = await getMessage(reach, id);
  if (!message?.waiting?.has(page)) return;
  const reachable = await stillReachable(reach, recipients, pace.now());
  const posted = await postMessage(reach, reachable, { id, frame }, pace);
  await countPage(reach, id, page, {
    ...posted,
    gone: posted.gone + recipients.length - reachable.length,
  });
}

/** The page may have waited: no frame after a token's expiry, unless it was renewed meanwhile [S3-10]. */
async function stillReachable(
  reach: PostMessagePageReach,
  recipients: DirectMessagePage['recipients'],
  now: number,
): Promise<string[]> {
  const found = await inParallel(recipients, POSTS_AT_ONCE, async ({ connectionId, until }) => {
    if (until > seconds(now)) return [connectionId];
    const row = await getConnection(reach, connectionId);
    return row && lastsUntil(row) > seconds(now) ? [connectionId] : [];
  });
  return found.flat();
}
