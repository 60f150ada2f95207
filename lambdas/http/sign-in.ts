import { httpOperations, type Tokens } from '../../contract/http.ts';
import { Refusal } from '../../contract/refusals.ts';
import { admit } from '../flows/admit.ts';
import { anonymousEdge } from '../platform/anonymous-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openUsers } from '../platform/users.ts';

const reach = openTables('sign-in');
const users = openUsers('sign-in');

/** [S0-01] Tokens for a name and a password. Every refusal is the same one. */
export const handler = anonymousEdge(
  'signIn',
  httpOperations.signIn.request,
  async ({ request: { userName, password }, ...caller }): Promise<Tokens> => {
    await admit(reach, caller);
    const tokens = await users.signIn(userName, password);
    if (!tokens) throw new Refusal('sign-in-refused');
    return tokens;
  },
);
