import { httpOperations } from '../../contract/http.ts';
import { readSignUp, signUpRefusal } from '../../rules/sign-up.ts';
import { admit } from '../flows/admit.ts';
import { signUp } from '../flows/sign-up.ts';
import { anonymousEdge } from '../platform/anonymous-edge.ts';
import { openTables } from '../platform/reach.ts';
import { openUsers } from '../platform/users.ts';

const reach = { ...openTables('sign-up'), users: openUsers('sign-up') };

/** [S0-02] An account for an unused invitation. */
export const handler = anonymousEdge(
  'signUp',
  httpOperations.signUp.request,
  async ({ request, ...caller }) => {
    const wanted = readSignUp(request);
    await admit(reach, caller);
    return signUp(reach, wanted, caller.now);
  },
  signUpRefusal,
);
