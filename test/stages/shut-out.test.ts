import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpOperations } from '../../contract/http.ts';
import type { RevokeAnswer } from '../../contract/internal.ts';
import type { Stage } from '../../local/stage.ts';
import { newMember, newPerson, operatorOptions, type Person, signIn } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';

/** Who may not, or not any more: rules of topics, expiry on open sockets, revocation; on a stage of its own. */

let place: Place;
let stage: Stage;
let stop: () => Promise<void>;

beforeAll(async () => {
  const settings = {
    'switchboard:topics': 'open/*',
    'switchboard:samples': 'pet-store',
  };
  ({ place, stage, stop } = await startTestStage({
    settings,
    // Nobody's application: what `allowTopics` with a scope makes of the setting.
    alter: (_, { Resources }) => {
      for (const { Type, Properties } of Object.values(Resources)) {
        const variables = (Properties?.Environment as { Variables?: Record<string, string> })
          ?.Variables;
        if (Type !== 'AWS::Lambda::Function' || variables?.TOPICS === undefined) continue;
        const rules = JSON.parse(variables.TOPICS);
        variables.TOPICS = JSON.stringify([...rules, { topics: 'desk/*', scope: 'staff' }]);
      }
    },
  }));
});
afterAll(() => stop());

async function enter(
  { token }: Person,
  sessionId: string = randomUUID(),
): Promise<TestSocket & { readonly sessionId: string }> {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const reply = await socket.ask({ action: 'authenticate', v: 1, token, sessionId });
  if (reply.type !== 'authenticated') throw new Error(JSON.stringify(reply));
  return { ...socket, sessionId };
}

const subscribe = (socket: TestSocket, ...topics: string[]) =>
  socket.ask({ action: 'subscribe', topics });

async function update(person: Person, petId: string): Promise<void> {
  const body = { version: 1, price: 7 };
  expect((await callStore(place, person, 'PUT', `/pets/${petId}`, { body })).status).toBe(200);
}

describe('[S3-13] topics', () => {
  it('are closed until something opens them: the deployment, an application, or a scope', async () => {
    const joe = await newPerson(place);
    const socket = await enter(joe);
    const admitted = await subscribe(socket, 'Pet', 'open/1', `user/${joe.userId}/inbox`);
    expect(admitted).toMatchObject({ type: 'subscribed' });
    for (const topic of ['closed', 'open/1/2', 'desk/1', 'user/somebody']) {
      expect(await subscribe(socket, 'Pet', topic)).toMatchObject({
        type: 'refused',
        code: 'topic-not-allowed',
        status: 403,
        message: expect.stringContaining(topic),
      });
      const { path } = httpOperations.readNotifications;
      const body = { cursors: [{ topic, epoch: null, seq: 0 }] };
      expect((await callStore(place, joe, 'POST', path, { body })).status).toBe(403);
    }
    const staff = await enter(await newMember(place, ['scope:staff']));
    expect(await subscribe(staff, 'desk/1')).toMatchObject({ type: 'subscribed' });
    await Promise.all([socket.close(), staff.close()]);
  });
});

describe('[S3-05] revoke', () => {
  const lambda = () => new LambdaClient(operatorOptions(place));
  async function revoke(request: object): Promise<RevokeAnswer> {
    const { Payload, FunctionError } = await lambda().send(
      new InvokeCommand({
        FunctionName: place.outputs.RevokeFunctionName,
        Payload: JSON.stringify({ actor: 'a test', ...request }),
      }),
    );
    expect(FunctionError).toBeUndefined();
    return JSON.parse(Payload?.transformToString() ?? '');
  }

  it('silences a user on every device, over HTTP too, until they sign in again', async () => {
    const joe = await newPerson(place);
    const sam = await newPerson(place);
    const pet = await newPet(place, 'default');
    const sockets = await Promise.all([enter(joe), enter(joe)]);
    for (const socket of sockets) await subscribe(socket, 'Pet');

    const { endedSessions, closed, stillOpen } = await revoke({ userId: joe.userId });
    expect([...endedSessions].sort()).toEqual(sockets.map(({ sessionId }) => sessionId).sort());
    expect([closed.length, stillOpen]).toEqual([2, []]);
    await Promise.all(sockets.map((socket) => socket.closed));
    await update(sam, pet.petId);
    for (const { frames } of sockets) {
      expect(frames.filter(({ type }) => type === 'notification')).toEqual([]);
    }

    const late = await openSocket(place.outputs.WebSocketUrl ?? '');
    const again = { action: 'authenticate', v: 1, token: joe.token, sessionId: 'another' };
    expect(await late.ask(again)).toMatchObject({ code: 'access-revoked', status: 401 });
    const reading = { body: { cursors: [{ topic: 'Pet', epoch: null, seq: 0 }] } };
    const { path } = httpOperations.readNotifications;
    expect(await callStore(place, joe, 'POST', path, reading)).toMatchObject({
      status: 401,
      body: { code: 'access-revoked' },
    });
    const message = { body: { to: { all: true }, message: 1 } };
    const sent = await callStore(place, joe, 'POST', httpOperations.sendMessage.path, message);
    expect(sent.status).toBe(401);
    await late.close();

    // Tokens tell seconds.
    stage.context.clock.advance(1000);
    const back = await signIn(place, joe.userName, joe.password);
    const socket = await enter(back);
    await socket.close();
  });

  it('ends one session, and leaves the others', async () => {
    const joe = await newPerson(place);
    const [desk, phone] = await Promise.all([enter(joe), enter(joe)]);
    const { sessionId } = desk;
    expect(await revoke({ userId: joe.userId, sessionId })).toMatchObject({
      endedSessions: [sessionId],
    });
    await desk.closed;
    await expect(enter(joe, sessionId)).rejects.toThrow('access-revoked');
    expect(await subscribe(phone, 'Pet')).toMatchObject({ type: 'subscribed' });
    await phone.close();
  });

  it('says what is wrong with its payload', async () => {
    expect(await revoke({ userId: 'a#b' })).toMatchObject({ refused: { code: 'malformed' } });
  });
});

describe('[S3-10] the clock past a token’s expiry', () => {
  it('lets no frame through, and the sweep closes the socket', async () => {
    const joe = await newPerson(place);
    const pet = await newPet(place, 'default');
    const socket = await enter(joe);
    await subscribe(socket, 'Pet');
    stage.context.clock.advance(3600_000 + 1000);
    const sam = await newPerson(place);
    const witness = await enter(sam);
    await subscribe(witness, 'Pet');
    await update(sam, pet.petId);
    await witness.next(({ type }) => type === 'notification');
    await socket.closed;
    expect(socket.frames.filter(({ type }) => type === 'notification')).toEqual([]);
    await witness.close();
  });
});
