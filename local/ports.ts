import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Assembly, Ports } from './service.ts';

/** What listens at a port, for the sentence when it is taken. */
interface Listener {
  readonly what: string;
  readonly port: number;
}

/**
 * The ports of a stage: the console has `first`, the APIs and then the AWS endpoint have the next ones,
 * the engine any free one; with 0 all have free ones. Throws a sentence when one is taken.
 */
export async function choosePorts(
  first: number,
  assembly: Pick<Assembly, 'ofType'>,
): Promise<Ports> {
  // WebSocket APIs before HTTP APIs, so that the socket has the same port whatever else is deployed.
  const apis = assembly
    .ofType('AWS::ApiGatewayV2::Api')
    .toSorted((a, b) => Number(isHttp(a.properties)) - Number(isHttp(b.properties)));
  const names = ['the console', ...apis.map(({ path }) => `the API ${path}`), 'the AWS endpoint'];
  const wanted = names.map((what, index) => ({ what, port: first === 0 ? 0 : first + index }));

  const held: Server[] = [];
  try {
    // All are held at once: ports that are chosen freely must differ.
    for (const listener of [...wanted, { what: 'the engine', port: 0 }])
      held.push(await hold(listener, first));
    const [console = 0, ...rest] = held.map(portOf);
    const engine = rest.pop() ?? 0;
    const aws = rest.pop() ?? 0;
    return {
      console,
      aws,
      engine,
      api: new Map(apis.map(({ id }, index) => [id, rest[index] ?? 0])),
    };
  } finally {
    await Promise.all(held.map((server) => once(server.close(), 'close')));
  }
}

const isHttp = ({ ProtocolType }: Readonly<Record<string, unknown>>) => ProtocolType === 'HTTP';

async function hold({ what, port }: Listener, first: number): Promise<Server> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  } catch (cause) {
    throw new Error(
      `Port ${port}, for ${what}, is taken: stop what listens there, or start with other ports, as in "npm start -- --port ${first + 100}".`,
      { cause },
    );
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
