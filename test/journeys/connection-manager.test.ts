import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { TARGET_INDEX, targetOf } from '../../contract/tables.ts';
import { newPerson, operatorDocuments, operatorOptions } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';

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
