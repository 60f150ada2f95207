import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorDocuments, operatorOptions } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { runS4Client } from '../support/s4-client.ts';
import { openSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { until } from '../support/until.ts';

describe('the door `none`', () => {
  let place: Place;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ place, stop } = await startTestStage({ settings: { 'switchboard:door': 'none' } }));
  });
  afterAll(() => stop());

  it('[S4-08] a socket stays without authenticating, gets answers, and may not act', async () => {
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    socket.send({ type: 'ping' });
    await socket.next(({ type }) => type === 'pong');
    socket.send('hello');
    await socket.next(({ type }) => type === 'ack');
    for (const frame of [
      { action: 'authenticate', token: 'x', sessionId: 's' },
      { action: 'subscribe', topics: ['Pet'] },
    ]) {
      expect(await socket.ask(frame)).toMatchObject({ code: 'unknown-action' });
    }
    await socket.close();
  });

  it('[S4-01] its row is connected at once, without user, and leaves with the socket', async () => {
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const { ScanCommand } = await import('@aws-sdk/lib-dynamodb');
    const documents = operatorDocuments(place);
    const TableName = place.outputs.ConnectionsTableName;
    const connected = async () => {
      const { Items } = await documents.send(new ScanCommand({ TableName, ConsistentRead: true }));
      return Items?.find(({ status }) => status === 'CONNECTED');
    };
    const row = await until(connected, 'the row');
    expect(row.userId).toBeUndefined();
    await socket.close();
    await until(async () => {
      const { Item } = await documents.send(
        new GetCommand({ TableName, Key: { connectionId: row.connectionId } }),
      );
      return Item?.status === 'DISCONNECTED' ? true : undefined;
    }, 'the tombstone');
  });

  it('[S4-02] [S4-09] the client of document s4 runs unchanged: its ping is answered, events come', async () => {
    const client = await runS4Client(place.outputs.WebSocketUrl ?? '');
    client.ping();
    const pong = await until(() => client.received[0], 'the pong');
    expect(pong).toEqual({ type: 'pong', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
    const event = {
      type: 'teams.locked',
      tournamentId: 'tournament-123',
      data: {
        tournamentId: 'tournament-123',
        teamId: 'team-tournament-123',
        status: 'locked',
      },
      timestamp: '2024-01-01T12:00:10.000Z',
    };
    // As a function does it: nobody waits for what came of it.
    await new LambdaClient(operatorOptions(place)).send(
      new InvokeCommand({
        FunctionName: place.outputs.BroadcastEventFunctionName,
        InvocationType: 'Event',
        Payload: JSON.stringify(event),
      }),
    );
    expect(await until(() => client.received[1], 'the event')).toEqual(event);
    client.close();
  });
});
