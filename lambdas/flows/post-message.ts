import type { Counts } from '../../rules/direct-message.ts';
import { measure } from '../platform/metrics.ts';
import { type Pace, type PostToEachReach, postToEach } from './post-to-each.ts';

/** Posts a direct message to these connections, and measures what became of it [S3-09]. */
export async function postMessage(
  reach: PostToEachReach,
  connectionIds: readonly string[],
  { id, frame }: { readonly id: string; readonly frame: string },
  pace: Pace,
): Promise<Counts> {
  const about = { message: id };
  const posted = await postToEach(reach, connectionIds, { frame, about }, pace);
  const { delivered, gone } = posted;
  const failed = posted.failed.length;
  measure({ DirectDelivered: delivered, GonePosts: gone, DirectFailed: failed });
  return { delivered, gone, failed };
}
