import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, inject, it } from 'vitest';
import { newPerson, operatorOptions, type Person } from '../support/people.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';

const place = inject('place');
const lambda = new LambdaClient(operatorOptions(place));
const FunctionName = place.outputs.BroadcastEventFunctionName;

const registered = {
  type: 'tournament.registered',
  tournamentId: 'tournament-123',
  data: { tournamentId: 'tournament-123', startTime: '2024-01-01T18:00:00.000Z' },
  timestamp: '2024-01-01T12:00:00.000Z',
};

async function come(person: Person): Promise<TestSocket> {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  await socket.ask({ action: 'authenticate', token: person.token, sessionId: 'tab' });
  return socket;
}

async function invoke(payload: object): Promise<{ failed: boolean; answer: unknown }> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }),
  );
  const answer = JSON.parse(Payload?.transformToString() ?? '');
  return { failed: FunctionError !== undefined, answer };
}

const isEvent = ({ type }: { readonly type?: unknown }) => type === registered.type;

describe('a broadcast', () => {
  it('[S4-03] [S4-04] [S4-12] reaches each connection of its tenant, once under one id, and no other', async () => {
    const [tenant, other] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
    const [joe, sam, eve] = await Promise.all([
      newPerson(place, tenant),
      newPerson(place, tenant),
      newPerson(place, other),
    ]);
    const sockets = await Promise.all([come(joe), come(joe), come(sam)]);
    const elsewhere = await come(eve);
    const payload = { ...registered, tenant, broadcastId: randomUUID() };
    const { broadcastId } = payload;
    const report = { broadcastId, delivered: 3, gone: 0, failed: 0 };
    expect(await invoke(payload)).toEqual({ failed: false, answer: report });
    expect(await invoke(payload)).toEqual({ failed: false, answer: report });
    for (const socket of sockets) {
      expect(await socket.next(isEvent)).toEqual(registered);
      // What is asked now is answered after whatever was on its way.
      await socket.ask({ type: 'ping' });
      expect(socket.frames.filter(isEvent)).toHaveLength(1);
    }
    await elsewhere.ask({ type: 'ping' });
    expect(elsewhere.frames.filter(isEvent)).toEqual([]);
    await Promise.all([...sockets, elsewhere].map((socket) => socket.close()));
  });

  it('[S4-05] takes a socket that is gone out of its session', async () => {
    const tenant = `t-${randomUUID()}`;
    const [joe, sam] = await Promise.all([newPerson(place, tenant), newPerson(place, tenant)]);
    const [gone, there] = await Promise.all([come(joe), come(sam)]);
    await gone.close();
    const { answer } = await invoke({ ...registered, tenant });
    // Its own `$disconnect` may have been quicker.
    expect(answer).toMatchObject({ delivered: 1, failed: 0 });
    expect(await there.next(isEvent)).toEqual(registered);
    await there.close();
  });

  it('[S4-03] that is none fails by a name that a workflow can tell', async () => {
    const { failed, answer } = await invoke({ type: 'pong', tournamentId: 't', data: {} });
    expect(failed).toBe(true);
    expect(answer).toMatchObject({
      errorType: 'BroadcastRefused',
      errorMessage: expect.stringContaining('Look at "type".'),
    });
  });
});
