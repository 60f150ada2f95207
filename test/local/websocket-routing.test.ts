import { describe, expect, it } from 'vitest';
import { compileSelection, routeOf } from '../../local/websocket/routing.ts';
import { eventually } from '../support/eventually.ts';
import { type Handler, startWebSocketStage } from './fixtures/web-socket-stage.ts';

const KIND_AND_VERB = `\${request.body.kind}/\${request.body.verb}`;
const ok = () => ({ statusCode: 200 });

describe('a route selection expression', () => {
  it.each([
    ['$request.body.action', '{"action":"go"}', 'go'],
    ['$request.body.action', '{"other":1}', ''],
    ['$request.body.action', '{"action":null}', ''],
    ['$request.body.action', '{"action":7}', '7'],
    ['$request.body.action', '{"action":true}', 'true'],
    ['$request.body.action', '{"action":["a","b"]}', '[a, b]'],
    ['$request.body.action', '{"action":{"a":1}}', ''],
    ['$request.body.action', `{"action":${'['.repeat(60_000)}${']'.repeat(60_000)}}`, '[]'],
    ['$request.body.action', '"action"', ''],
    ['$request.body.action', 'not JSON', undefined],
    ['$request.body.action', '', undefined],
    ['$request.body.constructor', '{}', ''],
    ['$request.body.a.b[1]', '{"a":{"b":["x","y"]}}', 'y'],
    ["$request.body.a['b c']", '{"a":{"b c":"x"}}', 'x'],
    [KIND_AND_VERB, '{"kind":"pet","verb":"sell"}', 'pet/sell'],
    [KIND_AND_VERB, '{"kind":"pet"}', 'pet/'],
    ['\\$default', '{"action":"go"}', '$default'],
    ['always', 'not JSON', 'always'],
  ])('%s of %.40s selects %s', (expression, text, key) => {
    expect(compileSelection(expression)(text)).toBe(key);
  });

  it.each([
    ['an unquoted name', '{"action":"go", body:"hello"}'],
    ['unquoted everything', '{action: go}'],
    ['single quotes', "{'action':'go', 'it':'isn\\'t'}"],
    ['superfluous commas', '{,"action":"go",,"list":[1,,2,],}'],
    ['text behind it', '{"action":"go"} and more'],
  ])('reads JSON with %s, as AWS does', (_, text) => {
    expect(compileSelection('$request.body.action')(text)).toBe('go');
  });

  it.each(['{"action":"go"', '{action', '[', '{"a":}', `${'['.repeat(100_000)}`])(
    'finds no JSON in %.20s',
    (text) => {
      expect(compileSelection('$request.body.action')(text)).toBeUndefined();
    },
  );

  it('of another kind is refused with a sentence', () => {
    expect(() => compileSelection('$context.routeKey')).toThrow('is not understood');
  });

  it('never leads a client to $connect or $disconnect', () => {
    const routes = new Map(['$connect', '$disconnect', '$default', 'go'].map((key) => [key, key]));
    expect(routeOf(routes, 'go')).toBe('go');
    expect(routeOf(routes, '$connect')).toBe('$default');
    expect(routeOf(routes, '$disconnect')).toBe('$default');
    expect(routeOf(routes, undefined)).toBe('$default');
    expect(routeOf(new Map(), 'go')).toBeUndefined();
  });
});

describe('a message to a WebSocket API', () => {
  it('reaches the route it selects, word for word, and else $default', async () => {
    const seen: string[][] = [];
    const record: Handler = ({ requestContext, body }) => {
      seen.push([requestContext.routeKey, body]);
      return { statusCode: 200 };
    };
    const stage = await startWebSocketStage({ routes: { go: record, $default: record } });
    const { ws } = await stage.connect();
    const texts = ['{ "action":"go" }', '{"action":"stay"}', 'plain', ''];
    for (const [count, text] of texts.entries()) {
      ws.send(text);
      await eventually(() => expect(seen).toHaveLength(count + 1));
    }
    expect(seen).toEqual([
      ['go', '{ "action":"go" }'],
      ['$default', '{"action":"stay"}'],
      ['$default', 'plain'],
      ['$default', ''],
    ]);
  });

  it('that no route wants is answered with the Forbidden frame, byte for byte, and the socket stays', async () => {
    let connectionId = '';
    const stage = await startWebSocketStage({
      routes: {
        $connect: ({ requestContext }) => {
          connectionId = requestContext.connectionId;
          return { statusCode: 200 };
        },
      },
    });
    const socket = await stage.connect();
    socket.ws.send('{"action":"go"}');
    const frame = await socket.next();
    const requestId = JSON.parse(frame).requestId;
    expect(requestId).toMatch(/^[\w-]{15}=$/);
    expect(frame).toBe(
      `{"message": "Forbidden", "connectionId":"${connectionId}", "requestId":"${requestId}"}`,
    );
    socket.ws.send('{"action":"go"}');
    await socket.next();
  });

  it.each<[string, Handler]>([
    [
      'throws',
      () => {
        throw new Error('a secret of the function');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns no statusCode', () => ({ body: 'x' })],
  ])(
    'is answered with the Internal server error frame, byte for byte, when its function %s',
    async (_, handler) => {
      let context = { connectionId: '', requestId: '' };
      const stage = await startWebSocketStage({
        routes: {
          $default: (event) => {
            context = event.requestContext;
            return handler(event);
          },
        },
      });
      const socket = await stage.connect();
      socket.ws.send('x');
      expect(await socket.next()).toBe(
        `{"message": "Internal server error", "connectionId":"${context.connectionId}", "requestId":"${context.requestId}"}`,
      );
      socket.ws.send('y');
      await socket.next();
    },
  );

  it('is answered with an error frame when its function may not be invoked', async () => {
    const stage = await startWebSocketStage({
      routes: { $default: ok },
      notInvokable: ['$default'],
    });
    const socket = await stage.connect();
    socket.ws.send('x');
    expect(JSON.parse(await socket.next()).message).toBe('Internal server error');
  });

  it('is answered with an error frame after 29 s, while its function runs on', async () => {
    const stage = await startWebSocketStage({ routes: { $default: () => new Promise(() => {}) } });
    const socket = await stage.connect();
    socket.ws.send('x');
    await eventually(() => expect(stage.invocations).toHaveLength(1));
    stage.clock.advance(29_000);
    expect(JSON.parse(await socket.next()).message).toBe('Endpoint request timed out');
  });

  it('beyond the throttle is answered with an error frame', async () => {
    const stage = await startWebSocketStage({
      routes: { $default: ok },
      stage: { DefaultRouteSettings: { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 } },
    });
    const socket = await stage.connect();
    socket.ws.send('x');
    expect(JSON.parse(await socket.next()).message).toBe('Too Many Requests');
  });

  it('runs side by side with the others of its connection', async () => {
    const first = Promise.withResolvers<void>();
    const done: string[] = [];
    const stage = await startWebSocketStage({
      routes: {
        $default: async ({ body }) => {
          if (body === 'first') await first.promise;
          done.push(body);
          if (body === 'second') first.resolve();
          return { statusCode: 200 };
        },
      },
    });
    const { ws } = await stage.connect();
    ws.send('first');
    ws.send('second');
    await eventually(() => expect(done).toEqual(['second', 'first']));
  });
});

describe('what a function returns for a message', () => {
  const answer: Handler = ({ body }) => ({ statusCode: 200, body: `re: ${body}` });

  it('goes to the client when the route and its response both say $default', async () => {
    const stage = await startWebSocketStage({ routes: { $default: answer }, twoWay: ['$default'] });
    const socket = await stage.connect();
    socket.ws.send('x');
    expect(await socket.next()).toBe('re: x');
  });

  it.each([
    ['neither does', [], {}],
    ['only the route does', [], { RouteResponseSelectionExpression: '$default' }],
    ['only the response does', ['$default'], { RouteResponseSelectionExpression: undefined }],
  ])('is dropped when %s', async (_, twoWay, properties) => {
    const stage = await startWebSocketStage({
      routes: {
        $default: answer,
        marker: () => {
          throw new Error('a frame of its own');
        },
      },
      twoWay,
      route: { $default: properties },
    });
    const socket = await stage.connect();
    socket.ws.send('x');
    await eventually(() => expect(frames(stage.trace())).toEqual(['ok']));
    socket.ws.send('{"action":"marker"}');
    expect(JSON.parse(await socket.next()).message).toBe('Internal server error');
  });

  it.each([301, 401, 501])(
    'says nothing by its status %i on a one-way route',
    async (statusCode) => {
      const stage = await startWebSocketStage({ routes: { $default: () => ({ statusCode }) } });
      const socket = await stage.connect();
      socket.ws.send('x');
      await eventually(() => expect(frames(stage.trace())).toEqual(['ok']));
      expect(socket.received).toEqual([]);
      expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    },
  );

  it('gives way to an error frame when a two-way route answers no success', async () => {
    const stage = await startWebSocketStage({
      routes: { $default: () => ({ statusCode: 400, body: 'no' }) },
      twoWay: ['$default'],
    });
    const socket = await stage.connect();
    socket.ws.send('x');
    expect(JSON.parse(await socket.next()).message).toBe('Internal server error');
  });
});

function frames(events: readonly { kind: string; by: string; outcome: string }[]): string[] {
  return events
    .filter(({ kind, by }) => kind === 'frame' && by !== 'gateway')
    .map((e) => e.outcome);
}
