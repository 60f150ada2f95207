import { httpOperations, type RefreshedTokens } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import { admit } from '../flows/admit.ts';
import { anonymousEdge } from '../platform/anonymous-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openUsers } from '../platform/users.ts';

const reach = openTables('access-token');
const users = openUsers('access-token');

/** [S0-03] A new access token for a refresh token. */
export const handler = anonymousEdge(
  'accessToken',
  httpOperations.accessToken.request,
  async ({ request: { refreshToken }, ...caller }): Promise<RefreshedTokens> => {
    await admit(reach, caller);
    const tokens = await users.refresh(refreshToken);
    if (!tokens) throw new Refusal('refresh-refused');
    return tokens;
  },
);
