import { Refusal } from '../../contract/refusals.ts';
import { type Admission, contextOf } from '../../rules/admission.ts';
import { log, logDefect } from './log.ts';

/** What a REQUEST authorizer of a WebSocket API is asked, as far as we read it. */
export interface AuthorizerEvent {
  readonly methodArn: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly requestTimeEpoch: number };
}

/** The one error that API Gateway tells as 401: by its very message. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * The edge of the doors that know who comes before the socket is open. A refusal is a 401 whatever its
 * reason [S3-05], since API Gateway lets nothing else be said; the log has the reason.
 */
export const authorizerEdge =
  (door: string, admit: (event: AuthorizerEvent, now: number) => Promise<Admission>) =>
  async (event: AuthorizerEvent) => {
    try {
      const admission = await admit(event, event.requestContext.requestTimeEpoch);
      return {
        principalId: admission.userId,
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
        },
        context: contextOf(admission),
      };
    } catch (fault) {
      if (!(fault instanceof Refusal)) {
        logDefect('door.failed', fault, { door });
        throw fault;
      }
      log('door.refused', { door, code: fault.code });
      throw new Error(UNAUTHORIZED);
    }
  };
