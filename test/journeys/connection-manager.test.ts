import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { TARGET_INDEX, targetOf } from '../../contract/tables.ts';
import { newPerson, operatorDocuments, operatorOptions } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const lambda = new LambdaClient(operatorOptions(place));

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
type Answer = { statusCode: number; body: any };

/** By the name that the document calls it by, and with its own text as payload. */
async function invoke(payload: string): Promise<Answer> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: 'connection-manager', Payload: payload }),
  );
  expect(FunctionError).toBeUndefined();
  return JSON.parse(Payload?.transformToString() ?? '');
}

async function come(sessionId: string, person = newPerson(place, `t-${randomUUID()}`)) {
  const { token, userId } = await person;
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const { connectionId } = await socket.ask({ action: 'authenticate', token, sessionId });
  return { socket, userId, connectionId: String(connectionId) };
}

describe('the events of the document', () => {
  it('[S2-01] [S2-10] get_user_connections: one user on two devices', async () => {
    const person = newPerson(place, `t-${randomUUID()}`);
    const desk = await come('desk', person);
    const phone = await come('phone', person);
    const answer = await invoke(`{
      "action": "get_user_connections",
      "userId": "${desk.userId}"
    }`);
    expect(answer).toEqual({
      statusCode: 200,
      body: { connections: expect.any(Array), count: 2 },
    });
    const ids = [desk, phone].map(({ connectionId }) => connectionId).sort();
    expect(answer.body.connections.map((each: typeof desk) => each.connectionId).sort()).toEqual(
      ids,
    );
    for (const connection of answer.body.connections) {
      expect(connection).toEqual({
        connectionId: expect.any(String),
        userId: desk.userId,
        status: 'CONNECTED',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
    }
    await Promise.all([desk.socket.close(), phone.socket.close()]);
  });

  it('[S2-02] the sample code of the document runs, with `.body` and SDK v3', async () => {
    const { socket, connectionId } = await come('tab');
    const said: string[] = [];
    const console = { log: (line: string) => said.push(line) };

    // Get all active connections
    const response = await lambda.send(
      new InvokeCommand({
        FunctionName: 'connection-manager',
        Payload: JSON.stringify({
          action: 'get_all_connections',
        }),
      }),
    );

    const { connections, count } = JSON.parse(response.Payload?.transformToString() ?? '').body;
    console.log(`${count} active connections`);

    expect(said).toEqual([`${connections.length} active connections`]);
    expect(connections.map((each: { connectionId: string }) => each.connectionId)).toContain(
      connectionId,
    );
    await socket.close();
  });

  it('[S2-03] [S2-07] update_connection_status: closes the socket, and the audit log has it', async () => {
    const { socket, connectionId } = await come('tab');
    const { statusCode, body } = await invoke(`{
      "action": "update_connection_status",
      "connectionId": "${connectionId}",
      "status": "DISCONNECTED"
    }`);
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ connectionId, status: 'DISCONNECTED' });
    expect(await socket.closed).toMatchObject({ code: 1000 });
    const { Items = [] } = await operatorDocuments(place).send(
      new QueryCommand({
        TableName: place.outputs.AuditTableName,
        IndexName: TARGET_INDEX,
        KeyConditionExpression: 'target = :target',
        ExpressionAttributeValues: { ':target': targetOf('connection', connectionId) },
      }),
    );
    expect(Items).toMatchObject([
      { outcome: 'begun', before: { status: 'CONNECTED' } },
      { outcome: 'done', before: { status: 'CONNECTED' }, after: { status: 'DISCONNECTED' } },
    ]);
    const again = { action: 'update_connection_status', connectionId, status: 'CONNECTED' };
    expect(await invoke(JSON.stringify(again))).toMatchObject({
      statusCode: 409,
      body: { code: 'transition-illegal' },
    });
  });

  it('[S2-04] cleanup_stale_connections', async () => {
    const { socket } = await come('tab');
    expect(await invoke('{ "action": "cleanup_stale_connections" }')).toEqual({
      statusCode: 200,
      body: { message: 'Stale connections cleaned up', cleanedCount: 0 },
    });
    expect(await socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    await socket.close();
  });

  it('drop_user: both devices are closed, and nobody else’s', async () => {
    const tenant = `t-${randomUUID()}`;
    const person = newPerson(place, tenant);
    const [desk, phone] = await Promise.all([come('desk', person), come('phone', person)]);
    const other = await come('tab');
    const request = { action: 'drop_user', userId: desk.userId, tenant, actor: 'test' };
    expect(await invoke(JSON.stringify(request))).toEqual({
      statusCode: 200,
      body: { userId: desk.userId, tenant, droppedCount: 2 },
    });
    await Promise.all([desk.socket.closed, phone.socket.closed]);
    expect(await other.socket.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    await other.socket.close();
  });

  it('get_session_timeline: what functions logged of a session, in order, and what administration did', async () => {
    const tenant = `t-${randomUUID()}`;
    const person = newPerson(place, tenant);
    const { userId, token } = await person;
    const { socket, connectionId } = await come('tab', person);
    await socket.ask({ action: 'subscribe', topics: ['Pet'] });
    const pet = await newPet(place, tenant);
    const sale = { version: 1, price: 90 };
    await callStore(place, { token }, 'PUT', `/pets/${pet.petId}`, { body: sale });
    const { epoch } = await socket.next(({ type }) => type === 'notification');
    await socket.ask({ type: 'ping', positions: [{ topic: 'Pet', epoch, seq: 1 }] });
    const update = { action: 'update_connection_status', connectionId, status: 'DISCONNECTED' };
    await invoke(JSON.stringify(update));
    await socket.closed;
    const request = { action: 'get_session_timeline', tenant, userId, sessionId: 'tab' };
    const life = await until(async () => {
      const { body } = await invoke(JSON.stringify(request));
      const whats = body.moments.map(({ what }: { what: string }) => what);
      return body.session.state === 'ended' && whats.at(-1) === 'event.told' ? body : undefined;
    }, 'the end of the session, and its event');
    const ofKind = (...kinds: string[]) =>
      life.moments.filter(({ what }: { what: string }) => kinds.includes(what));
    expect(life.moments[0]).toMatchObject({ what: 'connection.opened', connectionId });
    const steps = ofKind('session.bound', 'session.subscribed', 'topic.delivered');
    expect(steps).toMatchObject([
      { what: 'session.bound', session: 'new', connectionId },
      { what: 'session.subscribed', topics: ['Pet'] },
      { what: 'topic.delivered', topic: 'Pet', upTo: 1 },
    ]);
    const ends = ofKind('session.acknowledged', 'act', 'connection.left', 'session.ended');
    expect(ends.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining(['session.acknowledged', 'act', 'connection.left', 'session.ended']),
    );
    expect(ofKind('event.told').map(({ type }: { type: string }) => type)).toEqual([
      'Player Connect',
      'Session Connect',
      'Session Disconnect',
      'Player Disconnect',
    ]);
    expect(life.topics).toEqual([{ topic: 'Pet', head: 1, delivered: 1, acknowledged: 1 }]);
    const byConnection = { action: 'get_session_timeline', connectionId };
    expect((await invoke(JSON.stringify(byConnection))).body).toEqual(life);
  });

  it.each([
    '{}',
    '[]',
    '"x"',
    '{ "action": "drop_table" }',
    '{ "action": "get_user_connections" }',
  ])('[S2-06] %s is answered by a 400, not by a failed invocation', async (payload) => {
    expect((await invoke(payload)).statusCode).toBe(400);
  });
});
