import { AwsFault, type StageContext } from '../service.ts';
import { verifySignature } from '../wire/sigv4.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { acceptToken, type JwtAuthorizer, scopesOf, TokenRefusal, toTexts } from './jwt.ts';
import { forbidden, type Reply, unauthorized } from './reply.ts';
import type { HttpRequest } from './request.ts';

/** Who may use a route. */
export type Authorization =
  | { readonly type: 'NONE' }
  | { readonly type: 'AWS_IAM' }
  | {
      readonly type: 'JWT';
      readonly authorizer: JwtAuthorizer & { readonly identitySource: IdentitySource };
      /** The token must carry one of them; any token will do when there are none. */
      readonly scopes: readonly string[];
    };

export interface IdentitySource {
  readonly kind: 'header' | 'querystring';
  readonly name: string;
}

/** What the event's `requestContext.authorizer` is; undefined for a route that asks nobody. */
type Identity = object | undefined;

type Verdict =
  | { readonly isAllowed: true; readonly identity: Identity }
  | { readonly isAllowed: false; readonly reply: Reply };

/** May this request use a route with this authorization? `routeArn` is what IAM is asked about. */
export async function authorize(
  context: StageContext,
  keys: IssuerKeys,
  authorization: Authorization,
  request: HttpRequest,
  routeArn: string,
): Promise<Verdict> {
  if (authorization.type === 'NONE') return { isAllowed: true, identity: undefined };
  if (authorization.type === 'AWS_IAM') return authorizeByIam(context, request, routeArn);
  const { authorizer, scopes } = authorization;
  const token = readToken(request, authorizer.identitySource);
  if (!token) return refuse(unauthorized('Bearer'));
  try {
    const claims = await acceptToken(token, authorizer, keys, context.clock.now());
    const carried = scopesOf(claims);
    const isInScope = scopes.length === 0 || scopes.some((scope) => carried.includes(scope));
    if (!isInScope) return refuse(forbidden(challenge(scopes.join(' '), 'insufficient_scope')));
    const jwt = { claims: toTexts(claims), scopes: scopes.length > 0 ? carried : null };
    return { isAllowed: true, identity: { jwt } };
  } catch (error) {
    if (!(error instanceof TokenRefusal)) throw error;
    return refuse(unauthorized(challenge('', 'invalid_token', error.message)));
  }
}

function authorizeByIam(context: StageContext, request: HttpRequest, routeArn: string): Verdict {
  const { access, region, account, clock } = context;
  try {
    const principal = verifySignature(request, access.credential, region, clock);
    access.demand(principal, 'execute-api:Invoke', routeArn);
    const iam = { accountId: account, userArn: principal.arn, userId: principal.name };
    return { isAllowed: true, identity: { iam } };
  } catch (error) {
    if (error instanceof AwsFault) return refuse(forbidden());
    throw error;
  }
}

function refuse(reply: Reply): Verdict {
  return { isAllowed: false, reply };
}

function challenge(scope: string, error: string, description?: string): string {
  const why = description ? ` error_description="${description}"` : '';
  return `Bearer scope="${scope}" error="${error}"${why}`;
}

/** The token stands there with or without the word Bearer. */
function readToken(request: HttpRequest, { kind, name }: IdentitySource): string | undefined {
  const value =
    kind === 'header' ? request.joinedHeaders[name.toLowerCase()] : request.query.get(name);
  return value?.replace(/^Bearer\s+/i, '').trim();
}
