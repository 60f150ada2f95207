import { isSessionId } from '../../contract/names.ts';
import { acceptable, subProtocolOffer } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import { readOffer } from '../../rules/sub-protocol.ts';
import { authorizerEdge } from '../platform/authorizer-edge.ts';
import { openVerifier } from '../platform/identity.ts';
import { readShape } from '../platform/read-shape.ts';

const verify = openVerifier();

/** [S3-01] [S3-11] Lets in whoever offers our sub-protocol, and beside it a token that is good. */
export const handler = authorizerEdge('sub-protocol', async ({ headers = {} }) => {
  const {
    token,
    sessionId,
    tenant,
    replaces,
    accepts = [],
  } = readShape(readOffer(headers['Sec-WebSocket-Protocol'] ?? ''), subProtocolOffer);
  if (!isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  return {
    ...(await verify(token, tenant)),
    sessionId,
    ...(replaces !== undefined && { replaces }),
    accepts: acceptable.filter((each) => accepts.includes(each)),
  };
});
