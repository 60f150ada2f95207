import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { topicKey } from '../../contract/tables.ts';
import type { OnlineAnswer } from '../../sample/ephemera/operations.ts';
import { newPerson, operatorDocuments, operatorOptions, type Person } from '../support/people.ts';
import { type Frame, openSocket, type TestSocket } from '../support/socket.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const url = place.outputs.WebSocketUrl ?? '';
const lambda = new LambdaClient(operatorOptions(place));

const newTenant = () => `t-${randomUUID()}`;

interface Come {
  readonly socket: TestSocket;
  readonly connectionId: string;
}

async function come(person: Person, sessionId: string): Promise<Come> {
  const socket = await openSocket(url);
  const { connectionId } = await socket.ask({
    action: 'authenticate',
    token: person.token,
    sessionId,
  });
  return { socket, connectionId: String(connectionId) };
}

/** Who is online, and with which sessions. */
async function online(person: Person): Promise<Record<string, string[]>> {
  const { body } = await callStore(place, person, 'GET', '/online');
  const { players } = body as unknown as OnlineAnswer;
  return Object.fromEntries(
    players.map(({ player, sessions }) => [player, sessions.map((each) => each.sessionId).sort()]),
  );
}

const untilOnline = (person: Person, wanted: Record<string, string[]>) =>
  until(
    async () =>
      JSON.stringify(await online(person)) === JSON.stringify(wanted) ? true : undefined,
    `online: ${JSON.stringify(wanted)}`,
  );

async function invoke(output: string, payload: object): Promise<Record<string, unknown>> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: place.outputs[output], Payload: JSON.stringify(payload) }),
  );
  expect(FunctionError).toBeUndefined();
  return JSON.parse(Payload?.transformToString() ?? '');
}

describe('who is there', () => {
  it('[S0-08] [S0-10] [S2-10] is told through the bus: two devices come, one leaves, then nobody is there', async () => {
    const joe = await newPerson(place, newTenant());
    const desk = await come(joe, 'desk');
    await untilOnline(joe, { [joe.userId]: ['desk'] });
    const phone = await come(joe, 'phone');
    await untilOnline(joe, { [joe.userId]: ['desk', 'phone'] });
    await phone.socket.close();
    await untilOnline(joe, { [joe.userId]: ['desk'] });
    await desk.socket.close();
    await untilOnline(joe, {});
  });

  it('[S0-08] is heard live by who listens, each change once', async () => {
    const tenant = newTenant();
    const sam = await newPerson(place, tenant);
    const { socket } = await come(sam, 'list');
    await socket.ask({ action: 'subscribe', topics: ['Online'] });
    const joe = await newPerson(place, tenant);
    const visit = await come(joe, 'visit');
    const isAbout = (isOnline: boolean, sessionId?: string) => (frame: Frame) => {
      const payload = frame.payload as Frame | undefined;
      return (
        payload?.player === joe.userId &&
        payload.isOnline === isOnline &&
        payload.sessionId === sessionId
      );
    };
    await socket.next(isAbout(true));
    await socket.next(isAbout(true, 'visit'));
    await visit.socket.close();
    await socket.next(isAbout(false, 'visit'));
    await socket.next(isAbout(false));
    const heard = socket.frames.filter(
      ({ payload }) => (payload as Frame | undefined)?.player === joe.userId,
    );
    expect(heard).toHaveLength(4);
    await socket.close();
  });
});

describe('internal functions', () => {
  it('[S0-06] dropConnection closes one socket of a session, and is harmless when repeated', async () => {
    const joe = await newPerson(place, newTenant());
    const one = await come(joe, 'tab');
    const other = await come(joe, 'tab');
    const { connectionId } = one;
    expect(await invoke('DropConnectionFunctionName', { connectionId })).toEqual({
      connectionId,
      dropped: true,
    });
    await one.socket.closed;
    expect(await invoke('DropConnectionFunctionName', { connectionId })).toEqual({
      connectionId,
      dropped: false,
    });
    expect(await other.socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    await other.socket.close();
  });

  it('[S0-07] checkSession leaves a live session alone, and says when one that is left ends', async () => {
    const tenant = newTenant();
    const joe = await newPerson(place, tenant);
    const session = { tenant, userId: joe.userId, sessionId: 'tab' };
    const { socket } = await come(joe, 'tab');
    expect(await invoke('CheckSessionFunctionName', session)).toEqual({ is: 'live' });
    await socket.close();
    const ended = await until(async () => {
      const answer = await invoke('CheckSessionFunctionName', session);
      return answer.is === 'ended' ? answer : undefined;
    }, 'the end of the session');
    expect(ended).toEqual({ is: 'ended' });
  });

  it('[S0-14] answer a payload of another shape with a refusal, not with a fault', async () => {
    for (const output of ['DropConnectionFunctionName', 'CheckSessionFunctionName']) {
      expect(await invoke(output, { connectionId: 7, sessionId: 'a#b' })).toMatchObject({
        refused: { code: 'malformed' },
      });
    }
  });
});

describe('the bus', () => {
  it('[S1-12] tells the warehouse of each notification', async () => {
    const tenant = newTenant();
    const joe = await newPerson(place, tenant);
    const pet = await newPet(place, tenant);
    for (const version of [1, 2, 3]) {
      await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, {
        body: { version, price: version },
      });
    }
    const today = new Date().toISOString().slice(0, 10);
    const counted = await until(async () => {
      const { Item } = await operatorDocuments(place).send(
        new GetCommand({
          TableName: place.outputs.CountsTableName,
          Key: { topic: topicKey(tenant, 'Pet'), entry: `day#${today}` },
        }),
      );
      return Item?.notifications >= 3 ? Item?.notifications : undefined;
    }, 'three counted notifications');
    expect(counted).toBe(3);
  });

  it('[S0-12] the sample of who is online heals from the published rows when somebody asks for it', async () => {
    expect(await invoke('HealOnlineFunctionName', {})).toEqual({
      players: expect.any(Number),
      healed: expect.any(Number),
    });
  });
});
