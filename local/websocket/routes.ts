import type { Met } from '../gates/gates.ts';
import { namesOfFunction } from '../gates/names.ts';
import { waitAt } from '../gates/wait.ts';
import type { StageContext } from '../service.ts';
import type { Route } from './api-definition.ts';
import { CUT_OFF } from './closes.ts';
import { newId } from './connection-ids.ts';
import { type Client, disconnectEvent } from './events.ts';
import type { Door } from './handshake.ts';
import { callIntegration, integrationOf, type Outcome } from './integration.ts';

/** Calls the function behind a route of a connection, through whatever gate stands in its way. Never rejects. */
export async function callRoute(
  context: StageContext,
  door: Door,
  client: Client,
  route: Route,
  event: object,
): Promise<Outcome> {
  const call = () =>
    callIntegration(context, integrationOf(door.apiArn, client.stage, route), event);
  if (context.gates.areOpen) return call();
  const met = context.gates.meet({
    at: 'route',
    by: namesOfFunction(context.assembly, route.functionArn),
    what: [route.key],
    text: () => `${client.connectionId}\n${JSON.stringify(event)}`,
  });
  return met ? pass(context, door, client, met, call) : call();
}

async function pass(
  context: StageContext,
  door: Door,
  client: Client,
  met: Met,
  call: () => Promise<Outcome>,
): Promise<Outcome> {
  const { gate } = met;
  switch (gate.do) {
    case 'error': {
      if (gate.when === 'after') await call();
      return { kind: 'unreachable', why: `gate ${gate.id}` };
    }
    case 'lose':
      return { kind: 'unreachable', why: `gate ${gate.id}` };
    case 'repeat': {
      const outcome = await call();
      for (let again = 0; again < gate.more; again += 1) await call();
      return outcome;
    }
    case 'disconnect':
      await sendDisconnect(context, door, client);
      return call();
    default: {
      if (gate.when === 'before') await waitAt(context.clock, met);
      const outcome = await call();
      if (gate.when === 'after') await waitAt(context.clock, met);
      return outcome;
    }
  }
}

/** `$disconnect` of a connection that is not over. */
async function sendDisconnect(context: StageContext, door: Door, client: Client): Promise<void> {
  const route = door.api.routes.get('$disconnect');
  if (!route) return;
  const occasion = { requestId: newId(), now: context.clock.now() };
  const event = disconnectEvent(client, CUT_OFF, occasion);
  await callIntegration(context, integrationOf(door.apiArn, client.stage, route), event);
}
