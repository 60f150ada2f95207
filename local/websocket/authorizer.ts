import type { StageContext } from '../service.ts';
import type { Authorizer } from './api-definition.ts';
import type { authorizerEvent } from './events.ts';
import { gatewayPrincipal, invoke } from './integration.ts';
import { isObject, parseJson } from './json.ts';
import { AUTHORIZER_RESULT_BYTES, INTEGRATION_TIMEOUT_MS } from './limits.ts';
import { allowsInvoke, readPolicy } from './policy-document.ts';

export type Verdict =
  | { readonly allowed: true; readonly authorizer: Readonly<Record<string, string | number>> }
  | { readonly allowed: false; readonly status: 401 | 403 | 500; readonly why: string };

type Event = ReturnType<typeof authorizerEvent>;

const ANSWER_KEYS = ['principalId', 'policyDocument', 'context', 'usageIdentifierKey'];

/** Asks a Lambda authorizer whether the client may connect. What it adds reaches every later event as text. */
export async function authorize(
  context: StageContext,
  apiArn: string,
  authorizer: Authorizer,
  event: Event,
): Promise<Verdict> {
  const missing = authorizer.identitySources.find((source) => !identityAt(event, source));
  if (missing) return refused(401, `the identity source ${missing} is missing`);

  const { clock } = context;
  const startedAt = clock.now();
  const reply = await invoke(
    context,
    {
      functionArn: authorizer.functionArn,
      timeoutMs: INTEGRATION_TIMEOUT_MS,
      caller: gatewayPrincipal(`${apiArn}/authorizers/${authorizer.id}`),
    },
    event,
  );
  if (reply.kind !== 'returned') {
    const isRefusal = reply.kind === 'threw' && reply.errorMessage === 'Unauthorized';
    return refused(isRefusal ? 401 : 500, reply.why);
  }
  return readVerdict(reply.payload, event.methodArn, clock.now() - startedAt);
}

function readVerdict(payload: string, methodArn: string, integrationLatency: number): Verdict {
  if (Buffer.byteLength(payload) > AUTHORIZER_RESULT_BYTES) {
    return refused(500, `it returned more than ${AUTHORIZER_RESULT_BYTES} bytes`);
  }
  const answer = parseJson(payload);
  if (!isObject(answer)) return refused(500, 'it returned no object');
  const { principalId, policyDocument, context = {} } = answer;
  const unknown = Object.keys(answer).find((key) => !ANSWER_KEYS.includes(key));
  if (unknown) return refused(500, `it returned ${unknown}, which WebSocket APIs do not know`);
  if (typeof principalId !== 'string' || principalId === '') {
    return refused(500, 'it returned no principalId');
  }
  const policy = readPolicy(policyDocument);
  if (typeof policy === 'string') return refused(500, policy);
  if (!isObject(context) || !Object.values(context).every(isScalar)) {
    return refused(500, 'its context holds more than strings, numbers and booleans');
  }
  if (!allowsInvoke(policy, methodArn)) {
    return refused(403, `its policy does not allow ${methodArn}`);
  }
  const texts = Object.entries(context).map(([key, value]) => [key, String(value)]);
  return {
    allowed: true,
    authorizer: { ...Object.fromEntries(texts), principalId, integrationLatency },
  };
}

function identityAt(event: Event, source: string): unknown {
  const name = source.slice(source.lastIndexOf('.') + 1);
  if (source.startsWith('route.request.header.')) {
    const header = Object.keys(event.headers).find(
      (one) => one.toLowerCase() === name.toLowerCase(),
    );
    return header && event.headers[header];
  }
  if (source.startsWith('route.request.querystring.')) return event.queryStringParameters[name];
  if (source.startsWith('stageVariables.')) return event.stageVariables[name];
  return source
    .split('.')
    .slice(1)
    .reduce<unknown>(
      (value, key) => (isObject(value) ? value[key] : undefined),
      event.requestContext,
    );
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function refused(status: 401 | 403 | 500, why: string): Verdict {
  return { allowed: false, status, why };
}
