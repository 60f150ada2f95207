import { Refusal } from '../../contract/refusals.ts';
import type { Identity } from '../../rules/identity.ts';
import { isRevoked } from '../../rules/revocation.ts';
import type { Reaches } from '../platform/reach.ts';
import { getPlayer } from '../stores/players.ts';

/**
 * Is this user's token still good here [S3-05]? Whoever comes over HTTP binds nothing, so that no condition
 * asks. Refuses `access-revoked`.
 */
export async function demandStanding(
  reach: Reaches<{ sessions: 'get' }>,
  identity: Identity,
): Promise<void> {
  const player = await getPlayer(reach, identity);
  if (player && isRevoked(player, identity)) throw new Refusal('access-revoked');
}
