import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { API_ID, type Handler, startWebSocketStage } from './fixtures/web-socket-stage.ts';

const ID = /^[\w-]{15}=$/;

type Event = Parameters<Handler>[0];

/** A stage whose three events of one connection are kept. */
async function startRecorded(stage: Record<string, unknown> = {}) {
  const events: Record<string, Event> = {};
  const record: Handler = (event) => {
    events[event.requestContext.eventType] = event;
    return { statusCode: 200 };
  };
  const running = await startWebSocketStage({
    routes: { $connect: record, greet: record, $disconnect: record },
    stage,
  });
  return { ...running, events };
}

async function liveThrough(path = '/prod', options: { headers?: Record<string, string> } = {}) {
  const stage = await startRecorded();
  const { ws } = await stage.connect(path, options);
  ws.send('{"action":"greet"}');
  await eventually(() => expect(stage.events.MESSAGE).toBeDefined());
  ws.close(4001, 'enough');
  await eventually(() => expect(stage.events.DISCONNECT).toBeDefined());
  const { CONNECT, MESSAGE, DISCONNECT } = stage.events;
  return { ...stage, CONNECT, MESSAGE, DISCONNECT };
}

const CONTEXT_KEYS = [
  'apiId',
  'connectedAt',
  'connectionId',
  'domainName',
  'eventType',
  'extendedRequestId',
  'identity',
  'messageDirection',
  'requestId',
  'requestTime',
  'requestTimeEpoch',
  'routeKey',
  'stage',
];

describe('the events that functions get', () => {
  it('have exactly the keys of AWS in all three kinds', async () => {
    const { CONNECT, MESSAGE, DISCONNECT } = await liveThrough();
    expect(keysOf(CONNECT)).toEqual([
      'headers',
      'isBase64Encoded',
      'multiValueHeaders',
      'requestContext',
    ]);
    expect(keysOf(MESSAGE)).toEqual(['body', 'isBase64Encoded', 'requestContext']);
    expect(keysOf(DISCONNECT)).toEqual([
      'headers',
      'isBase64Encoded',
      'multiValueHeaders',
      'requestContext',
    ]);
    expect(keysOf(CONNECT.requestContext)).toEqual(CONTEXT_KEYS);
    expect(keysOf(MESSAGE.requestContext)).toEqual([...CONTEXT_KEYS, 'messageId'].sort());
    expect(keysOf(DISCONNECT.requestContext)).toEqual(
      [...CONTEXT_KEYS, 'disconnectReason', 'disconnectStatusCode'].sort(),
    );
  });

  it('share what belongs to the connection and differ in what belongs to the event', async () => {
    const { port, CONNECT, MESSAGE, DISCONNECT } = await liveThrough();
    const shared = {
      apiId: API_ID,
      stage: 'prod',
      messageDirection: 'IN',
      domainName: `127.0.0.1:${port}`,
      connectionId: CONNECT.requestContext.connectionId,
      connectedAt: CONNECT.requestContext.connectedAt,
      identity: { sourceIp: '127.0.0.1' },
    };
    expect(CONNECT.requestContext).toMatchObject({ ...shared, routeKey: '$connect' });
    expect(MESSAGE.requestContext).toMatchObject({ ...shared, routeKey: 'greet' });
    expect(DISCONNECT.requestContext).toMatchObject({ ...shared, routeKey: '$disconnect' });
    const requestIds = [CONNECT, MESSAGE, DISCONNECT].map(
      (event) => event.requestContext.requestId,
    );
    expect(new Set(requestIds).size).toBe(3);
  });

  it('have ids of 16 characters, and a message id with the tail of its connection id', async () => {
    const { CONNECT, MESSAGE } = await liveThrough();
    const { connectionId, requestId, extendedRequestId } = CONNECT.requestContext;
    const { messageId } = MESSAGE.requestContext;
    for (const id of [connectionId, requestId, messageId]) expect(id).toMatch(ID);
    expect(extendedRequestId).toBe(requestId);
    expect(messageId).not.toBe(connectionId);
    expect(messageId.slice(-7)).toBe(connectionId.slice(-7));
  });

  it('give times as milliseconds and in the common log format', async () => {
    const { CONNECT } = await liveThrough();
    const { requestTime, requestTimeEpoch, connectedAt } = CONNECT.requestContext;
    expect(requestTime).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    const [, date, time] = /^(.{11}):(.{8})/.exec(requestTime) ?? [];
    const second = Date.parse(`${date?.replaceAll('/', ' ')} ${time} GMT`);
    expect(second).toBe(Math.floor(requestTimeEpoch / 1_000) * 1_000);
    expect(requestTimeEpoch).toBeGreaterThanOrEqual(connectedAt);
  });

  it('show $connect the headers in the spelling of the client, without the hop-by-hop ones', async () => {
    const headers = { 'X-mIxEd': 'a', Origin: 'https://store.example', 'User-Agent': 'tester/1' };
    const { CONNECT, MESSAGE, DISCONNECT, port } = await liveThrough('/prod', { headers });
    expect(CONNECT.headers).toEqual({
      ...headers,
      Host: `127.0.0.1:${port}`,
      'Sec-WebSocket-Key': expect.any(String),
      'Sec-WebSocket-Version': '13',
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Port': '443',
      'X-Forwarded-Proto': 'https',
    });
    expect(CONNECT.multiValueHeaders['X-mIxEd']).toEqual(['a']);
    for (const event of [CONNECT, MESSAGE, DISCONNECT]) {
      expect(event.requestContext.identity).toEqual({
        sourceIp: '127.0.0.1',
        userAgent: 'tester/1',
      });
    }
  });

  it('show $connect the query, decoded and with every value, only when there is one', async () => {
    const { CONNECT, MESSAGE } = await liveThrough('/prod?a=1&b=%C3%A4+x&a=2');
    expect(CONNECT.queryStringParameters).toEqual({ a: '2', b: 'ä x' });
    expect(CONNECT.multiValueQueryStringParameters).toEqual({ a: ['1', '2'], b: ['ä x'] });
    expect(keysOf(MESSAGE)).toEqual(['body', 'isBase64Encoded', 'requestContext']);
  });

  it('show the stage variables to $connect when the stage has some', async () => {
    const stage = await startRecorded({ StageVariables: { color: 'green' } });
    await stage.connect();
    expect(stage.events.CONNECT.stageVariables).toEqual({ color: 'green' });
  });

  it('give $disconnect the four odd headers of AWS', async () => {
    const { DISCONNECT, port } = await liveThrough();
    const headers = {
      Host: `127.0.0.1:${port}`,
      'x-api-key': '',
      'X-Forwarded-For': '',
      'x-restapi': '',
    };
    expect(DISCONNECT.headers).toEqual(headers);
    expect(DISCONNECT.multiValueHeaders).toEqual({
      Host: [headers.Host],
      'x-api-key': [''],
      'X-Forwarded-For': [''],
      'x-restapi': [''],
    });
  });

  it.each([
    ['closes with a code and a reason', 4001, 'enough', { code: 4001, reason: 'enough' }],
    [
      'closes without a code',
      undefined,
      undefined,
      { code: 1005, reason: 'Client-side close frame status not set' },
    ],
  ])('tell $disconnect that a client %s', async (_, code, reason, expected) => {
    const stage = await startRecorded();
    const { ws } = await stage.connect();
    ws.close(code, reason);
    await eventually(() => expect(stage.events.DISCONNECT).toBeDefined());
    const { disconnectStatusCode, disconnectReason } = stage.events.DISCONNECT.requestContext;
    expect({ code: disconnectStatusCode, reason: disconnectReason }).toEqual(expected);
  });

  it('tell $disconnect 1006 when TCP ends without a close frame', async () => {
    const stage = await startRecorded();
    const { ws } = await stage.connect();
    ws.terminate();
    await eventually(() => expect(stage.events.DISCONNECT).toBeDefined());
    expect(stage.events.DISCONNECT.requestContext.disconnectStatusCode).toBe(1006);
  });
});

function keysOf(value: object): string[] {
  return Object.keys(value).sort();
}
