import type { StageContext } from '../service.ts';
import type { Connection } from './connection.ts';
import { newId, newMessageId } from './connection-ids.ts';
import { errorFrame, type GatewayFault } from './error-frames.ts';
import { messageEvent } from './events.ts';
import type { Door } from './handshake.ts';
import type { Outcome } from './integration.ts';
import { MESSAGE_BYTES } from './limits.ts';
import { callRoute } from './routes.ts';
import { routeOf } from './routing.ts';

/**
 * Routes one message of a client and sends back what belongs to it. Messages of one connection run
 * side by side: AWS promises no order between them.
 */
export async function routeMessage(
  context: StageContext,
  door: Door,
  connection: Connection,
  text: string,
): Promise<void> {
  const { api, throttles } = door;
  const { clock } = context;
  const { client } = connection;
  const { connectionId, stage } = client;
  const occasion = { requestId: newId(), now: clock.now() };
  const startedAt = performance.now();
  const route = routeOf(api.routes, api.select(text));

  const finish = (outcome: string) => {
    context.trace.record({
      at: occasion.now,
      durationMs: performance.now() - startedAt,
      kind: 'frame',
      by: connectionId,
      what: route?.key ?? 'no route',
      on: api.logicalId,
      outcome,
      detail: { bytes: Buffer.byteLength(text), requestId: occasion.requestId },
    });
  };
  const fail = (fault: GatewayFault, why: string) => {
    connection.send(Buffer.from(errorFrame(fault, connectionId, occasion.requestId)));
    finish(`${fault}: ${why}`);
  };

  if (!route) return fail('Forbidden', 'no route matches, and there is no $default');
  if (throttles.get(stage)?.() === false) return fail('Too Many Requests', 'throttled');
  const message = { routeKey: route.key, messageId: newMessageId(connectionId), body: text };
  const event = messageEvent(client, message, occasion);
  const outcome = await callRoute(context, door, client, route, event);
  const refusal = faultOf(outcome, route.isTwoWay);
  if (refusal) return fail(...refusal);
  if (outcome.kind === 'answered' && route.isTwoWay && outcome.answer.body !== '') {
    connection.send(Buffer.from(outcome.answer.body));
  }
  finish('ok');
}

/** A one-way route's status means nothing; a two-way one's, if it is no success, is withheld (one report). */
function faultOf(
  outcome: Outcome,
  isTwoWay: boolean,
): readonly [fault: GatewayFault, why: string] | undefined {
  if (outcome.kind === 'timed-out') return ['Endpoint request timed out', outcome.why];
  if (outcome.kind !== 'answered') return ['Internal server error', outcome.why];
  if (!isTwoWay) return undefined;
  const { statusCode, body } = outcome.answer;
  if (statusCode >= 300) return ['Internal server error', `the function answered ${statusCode}`];
  if (Buffer.byteLength(body) > MESSAGE_BYTES) {
    return ['Internal server error', `the answer is larger than ${MESSAGE_BYTES} bytes`];
  }
  return undefined;
}
