import { AwsFault, type Principal, type StageContext } from '../service.ts';
import type { Route } from './api-definition.ts';
import { INTERNAL_ERROR, type Reply, readReply, UNAVAILABLE } from './reply.ts';

/** What came of calling a function. `why` is for the person at the keyboard, never for the client. */
interface Outcome {
  readonly reply: Reply;
  readonly why?: string;
}

/** Calls the function behind a route, for as long as the gateway waits. Never rejects. */
export async function callFunction(
  { functions, clock }: StageContext,
  { functionArn, timeoutMs }: Route,
  event: object,
  sourceArn: string,
): Promise<Outcome> {
  const { promise: timeout, resolve: giveUp } = Promise.withResolvers<Outcome>();
  const why = `it took longer than the gateway's ${timeoutMs} ms; it runs on`;
  const cancel = clock.at(clock.now() + timeoutMs, () => giveUp({ reply: UNAVAILABLE, why }));
  const invocation = functions.invoke(functionArn, JSON.stringify(event), gateway(sourceArn));
  const answer = invocation.then(({ payload, error, errorType }): Outcome => {
    if (error) return { reply: INTERNAL_ERROR, why: `it failed: ${errorType ?? error}` };
    const reply = readReply(payload);
    return typeof reply === 'string' ? { reply: INTERNAL_ERROR, why: reply } : { reply };
  });
  try {
    return await Promise.race([answer, timeout]);
  } catch (error) {
    const isThrottled = error instanceof AwsFault && error.name === 'TooManyRequestsException';
    const sentence = error instanceof Error ? error.message : String(error);
    return { reply: isThrottled ? UNAVAILABLE : INTERNAL_ERROR, why: sentence };
  } finally {
    cancel();
  }
}

function gateway(sourceArn: string): Principal {
  const name = 'apigateway.amazonaws.com';
  return { kind: 'service', name, arn: name, roleArn: '', sourceArn };
}
