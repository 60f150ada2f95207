import { Refusal } from '../../contract/refusals.ts';
import { type Admission, contextOf } from '../../rules/admission.ts';
import { callerOf, openCallers } from './callers.ts';
import { log, logDefect } from './log.ts';

/** What a REQUEST authorizer of a WebSocket API is asked, as far as we read it. */
export interface AuthorizerEvent {
  readonly methodArn: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly requestContext: {
    readonly requestTimeEpoch: number;
    readonly identity: { readonly sourceIp: string };
  };
}

/** The one error that API Gateway tells as 401: by its very message. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * The edge of the doors that know who comes before the socket is open. Who may not connect at all is denied, which
 * API Gateway tells as 403 [S3-11]. Any other refusal is a 401 whatever its reason [S3-05], since API Gateway lets
 * nothing else be said; the log has the reason.
 */
export function authorizerEdge(
  door: string,
  admit: (event: AuthorizerEvent, now: number) => Promise<Admission>,
) {
  const demandCaller = openCallers();
  return async (event: AuthorizerEvent) => {
    const { requestTimeEpoch, identity } = event.requestContext;
    try {
      demandCaller(callerOf(identity.sourceIp, event.headers));
    } catch (fault) {
      if (!(fault instanceof Refusal)) throw fault;
      log('door.refused', { door, code: fault.code });
      return verdict(event, 'Deny', 'nobody');
    }
    try {
      const admission = await admit(event, requestTimeEpoch);
      return { ...verdict(event, 'Allow', admission.userId), context: contextOf(admission) };
    } catch (fault) {
      if (!(fault instanceof Refusal)) {
        logDefect('door.failed', fault, { door });
        throw fault;
      }
      log('door.refused', { door, code: fault.code });
      throw new Error(UNAUTHORIZED);
    }
  };
}

const verdict = (
  { methodArn }: AuthorizerEvent,
  Effect: 'Allow' | 'Deny',
  principalId: string,
) => ({
  principalId,
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: methodArn }],
  },
});
