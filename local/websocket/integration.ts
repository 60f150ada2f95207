import type { Principal, StageContext } from '../service.ts';
import type { Route } from './api-definition.ts';
import { isObject, parseJson } from './json.ts';
import { type ProxyAnswer, readProxyAnswer } from './proxy-answer.ts';

/** What came of calling a function behind a route. `why` is for the trace, never for a client. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: ProxyAnswer }
  /** Its answer has no shape that the gateway understands. */
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'threw'; readonly why: string; readonly errorMessage: unknown }
  | { readonly kind: 'timed-out'; readonly why: string }
  /** It could not be invoked at all. */
  | { readonly kind: 'unreachable'; readonly why: string };

/** What is called: a function, on behalf of a route or an authorizer of an API. */
export interface Integration {
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly caller: Principal;
}

/** The function behind a route, called on behalf of that route at that stage. */
export function integrationOf(apiArn: string, stage: string, route: Route): Integration {
  const { key, functionArn, timeoutMs } = route;
  return { functionArn, timeoutMs, caller: gatewayPrincipal(`${apiArn}/${stage}/${key}`) };
}

/** API Gateway as the caller of a function, on behalf of `sourceArn`. */
export function gatewayPrincipal(sourceArn: string): Principal {
  const name = 'apigateway.amazonaws.com';
  return { kind: 'service', name, arn: name, roleArn: '', sourceArn };
}

type Reply =
  | { readonly kind: 'returned'; readonly payload: string }
  | Exclude<Outcome, { readonly kind: 'answered' | 'malformed' }>;

/** Calls the function behind a route and reads its answer. Never rejects. */
export async function callIntegration(
  context: StageContext,
  integration: Integration,
  event: object,
): Promise<Outcome> {
  const reply = await invoke(context, integration, event);
  if (reply.kind !== 'returned') return reply;
  const answer = readProxyAnswer(reply.payload);
  return typeof answer === 'string'
    ? { kind: 'malformed', why: answer }
    : { kind: 'answered', answer };
}

/** Invokes a function in the gateway's name, for as long as the gateway waits. Never rejects. */
export async function invoke(
  { functions, clock }: StageContext,
  { functionArn, timeoutMs, caller }: Integration,
  event: object,
): Promise<Reply> {
  const { promise: timeout, resolve: giveUp } = Promise.withResolvers<Reply>();
  const why = `the function took longer than the gateway's ${timeoutMs} ms; it runs on`;
  const cancel = clock.at(clock.now() + timeoutMs, () => giveUp({ kind: 'timed-out', why }));
  try {
    const answer = functions
      .invoke(functionArn, JSON.stringify(event), caller)
      .then(
        ({ payload, error }): Reply => (error ? threw(payload) : { kind: 'returned', payload }),
      );
    return await Promise.race([answer, timeout]);
  } catch (error) {
    return { kind: 'unreachable', why: error instanceof Error ? error.message : String(error) };
  } finally {
    cancel();
  }
}

/** The message itself stays out of `why`: it may quote what a client sent. */
function threw(payload: string): Reply {
  const error = parseJson(payload);
  const { errorType, errorMessage } = isObject(error) ? error : {};
  return { kind: 'threw', why: `the function threw ${errorType ?? 'an error'}`, errorMessage };
}
