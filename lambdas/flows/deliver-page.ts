import type { DeliveryPage } from '../../contract/internal.ts';
import { seconds } from '../../rules/connection.ts';
import type { Reaches } from '../platform/reach.ts';
import { getNotifications } from '../stores/notifications.ts';
import { framing } from './framing.ts';
import { type ServeReach, serveAll } from './serve.ts';
import type { Stamped } from './stamp.ts';

export type DeliverPageReach = ServeReach & Reaches<{ notifications: 'get' | 'batchGet' }>;

/**
 * Posts to one page of a large topic's recipients. The page may have waited: who came to its sessions
 * meanwhile came after the messages had their numbers, and has them by resume. A token that has expired
 * meanwhile is looked at again, and a message that is no more is left out.
 */
export async function deliverPage(
  reach: DeliverPageReach,
  { topic, messages, routes }: DeliveryPage,
  now: number,
): Promise<void> {
  const ids = messages.map(({ id }) => id);
  const rows = await getNotifications(reach, topic, ids);
  const stamped = messages.flatMap(({ id, epoch }): Stamped[] => {
    const row = rows.get(id);
    return row?.seq === undefined ? [] : [{ ...row, seq: row.seq, epoch }];
  });
  const current = await Promise.all(
    routes.map((route) =>
      route.until > seconds(now) ? route : reach.routes.again(reach, route.session, now),
    ),
  );
  await serveAll(reach, framing(reach, topic, stamped), current, now);
}
