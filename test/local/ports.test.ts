import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { choosePorts } from '../../local/ports.ts';
import type { Assembly, Resource } from '../../local/service.ts';

const api = (id: string, ProtocolType: string): Resource => ({
  stack: 'App',
  logicalId: id,
  type: 'AWS::ApiGatewayV2::Api',
  id,
  arn: '',
  properties: { ProtocolType },
  path: `App/${id}`,
});

const assembly: Pick<Assembly, 'ofType'> = {
  ofType: () => [api('http', 'HTTP'), api('socket', 'WEBSOCKET')],
};

/** The first of some ports in a row that nobody else has: other suites take ports at the same time. */
async function portsInARow(count: number): Promise<number> {
  for (;;) {
    const { console: first } = await choosePorts(0, assembly);
    const tried = await Promise.allSettled(
      Array.from({ length: count }, async (_, at) => {
        const server = createServer().listen(first + at, '127.0.0.1');
        await once(server, 'listening');
        server.close();
        await once(server, 'close');
      }),
    );
    if (tried.every(({ status }) => status === 'fulfilled')) return first;
  }
}

it('gives the console the first port, then WebSocket APIs, HTTP APIs and the AWS endpoint the next ones', async () => {
  const first = await portsInARow(4);
  const ports = await choosePorts(first, assembly);
  expect(ports).toMatchObject({ console: first, aws: first + 3 });
  expect([...ports.api]).toEqual([
    ['socket', first + 1],
    ['http', first + 2],
  ]);
});

it('gives free ports, all different, for 0', async () => {
  const { console, aws, engine, api } = await choosePorts(0, assembly);
  const all = [console, aws, engine, ...api.values()];
  expect(new Set(all).size).toBe(5);
  expect(Math.min(...all)).toBeGreaterThan(1023);
});

it('says which port is taken, by the name of who needs it, and the cure', async () => {
  const first = await portsInARow(2);
  const other = createServer().listen(first + 1, '127.0.0.1');
  await once(other, 'listening');
  await expect(choosePorts(first, assembly)).rejects.toThrow(
    `Port ${first + 1}, for the API App/socket, is taken: stop what listens there, or start with other ports, as in "npm start -- --port ${first + 100}".`,
  );
  other.close();
});
