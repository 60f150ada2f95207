import { isSessionId } from '../../contract/names.ts';
import { acceptable, subProtocolOffer } from '../../contract/protocol.ts';
import { Refusal } from '../../contract/refusals.ts';
import { readOffer } from '../../rules/sub-protocol.ts';
import { authorizerEdge } from '../platform/authorizer-edge.ts';
import { socketHeader } from '../platform/callers.ts';
import { openVerifier } from '../platform/identity.ts';
import { readShape } from '../platform/read-shape.ts';
import { openTopics } from '../platform/topics.ts';

const verify = openVerifier();
const topics = openTopics();

/** [S3-01] [S3-11] Lets in whoever offers our sub-protocol, and beside it a token that is good. */
export const handler = authorizerEdge('sub-protocol', async ({ headers }) => {
  const {
    token,
    sessionId,
    tenant,
    replaces,
    accepts = [],
  } = readShape(readOffer(socketHeader(headers, 'sec-websocket-protocol') ?? ''), subProtocolOffer);
  if (!isSessionId(sessionId)) throw new Refusal('session-id-invalid');
  const identity = await verify(token, tenant);
  return {
    ...identity,
    scopes: topics.scopesOf(identity.scopes),
    sessionId,
    ...(replaces !== undefined && { replaces }),
    accepts: acceptable.filter((each) => accepts.includes(each)),
  };
});
