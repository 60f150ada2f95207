import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Handler, startWebSocketStage } from './fixtures/web-socket-stage.ts';

/** A stage that notes the events of its connections in the order of their arrival. */
async function start() {
  const seen: string[] = [];
  const note: Handler = ({ requestContext, body }) => {
    seen.push(body ?? requestContext.routeKey);
    return { statusCode: 200, body: 'done' };
  };
  const stage = await startWebSocketStage({
    routes: { $connect: note, $default: note, $disconnect: note },
    twoWay: ['$default'],
  });
  return { ...stage, seen };
}
const until = (seen: readonly string[], expected: readonly string[]) =>
  eventually(() => expect(seen).toEqual(expected));

describe('$disconnect', () => {
  it('never comes', async () => {
    const { gates, connect, seen, trace } = await start();
    gates.close({ at: 'route', what: '$disconnect', do: 'lose' });
    const lost = await connect();
    lost.ws.terminate();
    await eventually(() => expect(gates.list()).toMatchObject([{ acted: 1 }]));
    const next = await connect();
    next.ws.close();
    await until(seen, ['$connect', '$connect', '$disconnect']);
    expect(trace().filter(({ what }) => what === 'close')).toHaveLength(2);
  });

  it('comes again', async () => {
    const { gates, connect, seen } = await start();
    gates.close({ at: 'route', do: 'repeat', more: 2 });
    const { ws } = await connect();
    ws.close();
    await until(seen, ['$connect', '$disconnect', '$disconnect', '$disconnect']);
  });

  it('comes late', async () => {
    const { gates, connect, seen, clock } = await start();
    gates.close({ at: 'route', what: '$disconnect', do: 'delay', ms: 60_000 });
    const { ws } = await connect();
    ws.close();
    await eventually(() => expect(gates.list()).toMatchObject([{ acted: 1 }]));
    await connect();
    expect(seen).toEqual(['$connect', '$connect']);
    clock.advance(60_000);
    await until(seen, ['$connect', '$connect', '$disconnect']);
  });

  it.each([
    { what: '$connect', order: ['$disconnect', '$connect', 'hello', '$disconnect'] },
    { what: '$default', order: ['$connect', '$disconnect', 'hello', '$disconnect'] },
  ])('comes early, before $what, and at the end', async ({ what, order }) => {
    const { gates, connect, seen } = await start();
    gates.close({ at: 'route', what, do: 'disconnect' });
    const { ws, next } = await connect();
    ws.send('hello');
    expect(await next()).toBe('done');
    ws.close();
    await until(seen, order);
  });
});

describe('messages', () => {
  it('overtake each other', async () => {
    const { gates, connect, seen } = await start();
    const { id } = gates.close({ at: 'route', about: 'first', do: 'hold' });
    const { ws, next } = await connect();
    ws.send('first');
    ws.send('second');
    await next();
    expect(seen).toEqual(['$connect', 'second']);
    gates.open(id);
    await next();
    expect(seen).toEqual(['$connect', 'second', 'first']);
  });

  it.each([
    { when: 'before', done: ['$connect'] },
    { when: 'after', done: ['$connect', 'hello'] },
  ] as const)('end in an error frame: $when', async ({ when, done }) => {
    const { gates, connect, seen } = await start();
    gates.close({ at: 'route', what: '$default', do: 'error', when });
    const { ws, next } = await connect();
    ws.send('hello');
    expect(JSON.parse(await next())).toMatchObject({ message: 'Internal server error' });
    expect(seen).toEqual(done);
  });
});

it('a handshake is refused although $connect has run', async () => {
  const { gates, refusal, seen } = await start();
  gates.close({ at: 'route', what: '$connect', do: 'error', when: 'after' });
  expect(await refusal()).toBe(500);
  expect(seen).toEqual(['$connect']);
});
