import type { DropUserAnswer, ManagerRequest } from '../../contract/connection-manager.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import { targetOf } from '../../contract/tables.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { inParallel } from '../platform/parallel.ts';
import type { Reaches } from '../platform/reach.ts';
import { getPlayer } from '../stores/players.ts';
import { getSessions } from '../stores/sessions.ts';
import { type AuditReach, audited } from './audited.ts';
import { type EvictReach, evict } from './evict.ts';

export type DropUserReach = EvictReach & AuditReach & Reaches<{ sessions: 'get' | 'batchGet' }>;

const DROPS_AT_ONCE = 16;

/**
 * Closes every connection of a user and takes each out of its session, on all devices. The sessions end
 * after their grace time unless the user comes back: who is to stay away has to lose their account as well.
 *
 * Refuses `busy` where the gateway closed not all of them: asked again, it goes on with those.
 */
export async function dropUser(
  reach: DropUserReach,
  { userId, tenant = DEFAULT_TENANT }: ManagerRequest<'drop_user'>,
  { act, now }: AuditedCall,
): Promise<DropUserAnswer> {
  const player = await getPlayer(reach, { tenant, userId });
  const names = [...(player?.sessions ?? [])].map((sessionId) => ({ tenant, userId, sessionId }));
  const sessions = await getSessions(reach, names);
  const connectionIds = sessions.flatMap((session) => [...(session?.conns ?? [])]);
  return audited(
    reach,
    act(targetOf('user', tenant, userId)),
    { sessions: names.map(({ sessionId }) => sessionId), connectionIds },
    async () => {
      const evictions = await inParallel(connectionIds, DROPS_AT_ONCE, (connectionId) =>
        evict(reach, connectionId, now),
      );
      const staying = evictions.filter((eviction) => eviction === 'stays').length;
      if (staying > 0) throw new Refusal('busy', `The gateway did not close ${staying} of them.`);
      // All of them: the gateway's own `$disconnect` may have been quicker than what follows the closing.
      return { userId, tenant, droppedCount: evictions.length };
    },
    ({ droppedCount }) => ({ droppedCount }),
  );
}
