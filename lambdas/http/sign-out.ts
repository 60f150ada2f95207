import { httpOperations, type SignedOut } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import { admit } from '../flows/admit.ts';
import { anonymousEdge } from '../platform/anonymous-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openUsers } from '../platform/users.ts';

const reach = openTables('sign-out');
const users = openUsers('sign-out');

/** Revokes a refresh token. One that nobody knows is as good as revoked. */
export const handler = anonymousEdge(
  'signOut',
  httpOperations.signOut.request,
  async ({ request: { refreshToken }, ...caller }): Promise<SignedOut> => {
    await admit(reach, caller);
    if (!(await users.revoke(refreshToken))) throw new Refusal('refresh-refused');
    return { signedOut: true };
  },
);
