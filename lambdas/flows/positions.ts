import type { Position } from '../../contract/protocol.ts';
import { topicKey } from '../../contract/tables.ts';
import { visibleEpoch } from '../../rules/sequence.ts';
import { settings } from '../platform/environment.ts';
import type { Reaches } from '../platform/reach.ts';
import { getHeads } from '../stores/notifications.ts';

/** Where topics stand right now, in the order asked; read consistently, or a barrier would leak [G6]. */
export async function positionsOf(
  reach: Reaches<{ notifications: 'batchGet' }>,
  tenant: string,
  topics: readonly string[],
): Promise<Position[]> {
  const heads = await getHeads(
    reach,
    topics.map((topic) => topicKey(tenant, topic)),
  );
  return topics.map((topic) => {
    const row = heads.get(topicKey(tenant, topic));
    if (row === undefined) return { topic, epoch: null, head: 0 };
    return { topic, epoch: visibleEpoch(row.epoch, settings.EPOCH()), head: row.head };
  });
}
