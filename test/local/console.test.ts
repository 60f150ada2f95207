import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../../local/clock.ts';
import { createConsole } from '../../local/console/console.ts';
import { createGates } from '../../local/gates/gates.ts';
import { choosePorts } from '../../local/ports.ts';
import type { Resource, Service, StageContext, TraceEvent } from '../../local/service.ts';
import { createTrace } from '../../local/trace.ts';

const api: Resource = {
  stack: 'S',
  logicalId: 'Socket',
  type: 'AWS::ApiGatewayV2::Api',
  id: 'abcdefghij',
  arn: '',
  properties: { secret: 'of the template' },
  path: 'S/Socket',
};
const assembly: StageContext['assembly'] = {
  directory: '',
  resources: [api],
  outputs: { S: { WebSocketUrl: 'ws://127.0.0.1:1/prod' } },
  ofType: (type) => [api].filter((resource) => resource.type === type),
  find: () => undefined,
  assetPath: () => '',
};
const ports = await choosePorts(0, assembly);
const otherPorts = await choosePorts(0, assembly);
const trace = createTrace();
const clock = createClock();
const context = {
  region: 'us-east-1',
  account: '000000000000',
  assembly,
  ports,
  trace,
  clock,
  gates: createGates(),
  warn: (sentence: string) => {
    throw new Error(sentence);
  },
} as unknown as StageContext;
const directory = mkdtempSync(join(tmpdir(), 'console-'));
const url = `http://127.0.0.1:${ports.console}`;
const cut: string[] = [];
let stage: Service;

beforeAll(async () => {
  writeFileSync(join(directory, 'index.html'), '<title>Stage</title>');
  mkdirSync(join(directory, 'page', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'page', 'index.html'), '<title>Page</title>');
  writeFileSync(join(directory, 'page', 'assets', 'index-1a2b.js'), 'export {};');
  writeFileSync(join(directory, 'page', '.secret'), 'hidden');
  writeFileSync(join(directory, 'outside.txt'), 'outside');
  stage = createConsole(context, {
    directory: join(directory, 'page'),
    facts: { users: ['joe', 'sam'] },
    actions: {
      cutConnection(connectionId) {
        cut.push(connectionId);
        return connectionId === 'known';
      },
      listSockets: () => ({ since: 1, open: [], ended: [] }),
    },
  });
  expect(await stage.start()).toBe(url);
});

afterAll(async () => {
  await stage.stop();
  await stage.stop();
  rmSync(directory, { recursive: true });
});

/** A request with headers and paths that fetch would not send. */
async function send(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { path, headers }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  it('is served with a policy that lets it talk to this stage and to nobody else', async () => {
    const response = await fetch(url);
    expect(await response.text()).toContain('Page');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self';");
    expect(policy).toContain(`ws://127.0.0.1:${ports.api.get(api.id)}`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
  });

  it('keeps its hashed files for ever, and has its index at every other path', async () => {
    const script = await fetch(`${url}/assets/index-1a2b.js`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(await (await fetch(`${url}/connections/abc?x=1`)).text()).toContain('Page');
    expect((await fetch(`${url}/assets/gone.js`)).status).toBe(404);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each(['/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/.secret', '/%00.js'])(
    'has nothing outside its folder: %s',
    async (path) => {
      expect((await send(path, {})).statusCode).toBe(404);
    },
  );

  it('says how to build it when it is not there', async () => {
    const bare = createConsole(
      { ...context, ports: otherPorts },
      { directory: join(directory, 'nowhere'), facts: {} },
    );
    await bare.start();
    const response = await fetch(`http://127.0.0.1:${otherPorts.console}`);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('npx vite build web');
    const drop = await fetch(`http://127.0.0.1:${otherPorts.console}/stage/drop`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: `http://127.0.0.1:${otherPorts.console}`,
      },
      body: '{"connectionId":"x","how":"tcp"}',
    });
    expect(drop.status).toBe(501);
    await bare.stop();
  });
});

describe('the stage answers', () => {
  it('what it is, with the facts that it was given', async () => {
    expect(await (await fetch(`${url}/console/facts`)).json()).toEqual({
      isStage: true,
      region: 'us-east-1',
      account: '000000000000',
      outputs: assembly.outputs,
      urls: {
        console: url,
        aws: `http://127.0.0.1:${ports.aws}`,
        apis: { [api.id]: `127.0.0.1:${ports.api.get(api.id)}` },
      },
      users: ['joe', 'sam'],
    });
  });

  it('which resources it has, without their properties', async () => {
    expect(await (await fetch(`${url}/stage/resources`)).json()).toEqual([
      { type: api.type, logicalId: 'Socket', path: 'S/Socket', id: api.id },
    ]);
  });

  it('which sockets are open, and which lately were', async () => {
    const sockets = await (await fetch(`${url}/stage/sockets`)).json();
    expect(sockets).toEqual({ since: 1, open: [], ended: [] });
  });

  it('with 404 and a sentence where there is nothing', async () => {
    const response = await fetch(`${url}/stage/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'The stage has nothing at /stage/nothing.' });
  });
});

describe('the trace', () => {
  const event = (at: number, what: string): TraceEvent => ({
    ...{ at, what, kind: 'call', by: 'Fn', on: 'Table', outcome: 'ok' },
  });

  async function* follow(query: string, lastEventId?: string) {
    const response = await fetch(`${url}/stage/trace${query}`, {
      headers: lastEventId ? { 'last-event-id': lastEventId } : {},
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const [, line] = /^data: (.*)$/m.exec(message) ?? [];
        if (line) yield JSON.parse(line).what as string;
      }
    }
  }

  it('gives what was seen lately, then what is seen now', async () => {
    trace.record(event(1_000, 'old'));
    trace.record({ ...event(1_500, 'long'), durationMs: 1_000 });
    trace.record(event(2_000, 'recent'));
    const live = follow('?since=2000');
    expect((await live.next()).value).toBe('long');
    expect((await live.next()).value).toBe('recent');
    trace.record(event(3_000, 'now'));
    expect((await live.next()).value).toBe('now');
    await live.return(undefined);

    const resumed = follow('?since=0', '2600');
    expect((await resumed.next()).value).toBe('now');
    await resumed.return(undefined);
    const whole = follow('');
    expect((await whole.next()).value).toBe('old');
    await whole.return(undefined);
  });
});

describe('gates and the clock', () => {
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/stage/${path}`, {
      method,
      headers: { 'content-type': 'application/json', origin: url },
      ...(body && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
    return { status: response.status, body: (await response.json()) as any };
  };
  const gone = { at: 'call', do: 'gone', by: '*FanOut*', times: 'always' };

  it('are put up, listed and taken away', async () => {
    const { status, body: gate } = await ask('POST', 'gates', gone);
    expect([status, gate]).toMatchObject([201, { ...gone, what: '*', matched: 0, acted: 0 }]);
    expect((await ask('GET', 'gates')).body).toMatchObject({
      gates: [gate],
      catalogue: { call: { gone: { does: expect.any(String), standsFor: expect.any(String) } } },
    });
    expect((await ask('DELETE', `gates/${gate.id}`)).body).toEqual(gate);
    expect(await ask('DELETE', `gates/${gate.id}`)).toEqual({
      status: 404,
      body: {
        message: `There is no gate ${gate.id}: GET /stage/gates lists those that there are.`,
      },
    });
    await ask('POST', 'gates', gone);
    await ask('POST', 'gates', gone);
    expect((await ask('DELETE', 'gates')).body).toHaveLength(2);
    expect((await ask('GET', 'gates')).body.gates).toEqual([]);
  });

  it('that cannot be are refused with a sentence', async () => {
    const { status, body } = await ask('POST', 'gates', { at: 'call', do: 'explode' });
    expect(status).toBe(400);
    expect(body.message).toContain('"do" is one of hold, ');
    expect((await ask('PUT', 'gates', gone)).status).toBe(405);
  });

  it('the clock goes forward, and nowhere else', async () => {
    const before = clock.now();
    const { body } = await ask('POST', 'clock', { advanceMs: 7_200_000 });
    expect(clock.now()).toBeGreaterThanOrEqual(before + 7_200_000);
    const twoHours = expect.closeTo(7_200_000, -3); // real time goes on meanwhile
    expect(body).toEqual({ now: expect.any(String), aheadMs: twoHours });
    expect((await ask('GET', 'clock')).body.aheadMs).toEqual(twoHours);
    for (const advanceMs of [-1, 0, 1.5, '1', undefined]) {
      expect((await ask('POST', 'clock', { advanceMs })).status).toBe(400);
    }
  });
});

describe('pulling the cable', () => {
  const headers = { 'content-type': 'application/json', origin: url };
  const drop = (over: Record<string, string>, body: unknown) =>
    fetch(`${url}/stage/drop`, {
      method: 'POST',
      headers: { ...headers, ...over },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('cuts a connection that is there and names one that is not', async () => {
    expect(await (await drop({}, { connectionId: 'known', how: 'tcp' })).json()).toEqual({
      dropped: 'known',
    });
    const missing = await drop({}, { connectionId: 'gone', how: 'tcp' });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ message: 'There is no connection gone.' });
    expect(cut).toEqual(['known', 'gone']);
  });

  it.each([
    ['from another page', { origin: 'http://evil.example' }, 403],
    ['as a form would', { 'content-type': 'text/plain' }, 415],
  ])('is refused %s', async (_, over, status) => {
    const before = cut.length;
    expect((await drop(over, { connectionId: 'known', how: 'tcp' })).status).toBe(status);
    expect(cut).toHaveLength(before);
  });

  it.each(['{', '[]', '"x"', '{"connectionId":1}', '{"connectionId":"x","how":"fire"}'])(
    'is refused for a body like %s',
    async (body) => {
      expect((await drop({}, body)).status).toBe(400);
    },
  );
});

it('only this machine is answered by name: a rebound host gets nothing', async () => {
  for (const host of ['evil.example', `evil.example:${ports.console}`, '127.0.0.1:1']) {
    expect((await send('/console/facts', { host })).statusCode).toBe(421);
  }
  expect((await send('/console/facts', { host: `localhost:${ports.console}` })).statusCode).toBe(
    200,
  );
});

it('other methods are refused with a sentence', async () => {
  const response = await fetch(`${url}/console/facts`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json', origin: url },
  });
  expect(response.status).toBe(405);
});
