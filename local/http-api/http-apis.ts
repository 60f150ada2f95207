import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Service, StageContext } from '../service.ts';
import { readHttpApis } from './api-definition.ts';
import { makeRequestId } from './event.ts';
import { createFrontDoor, type FrontDoor } from './front-door.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import { INTERNAL_ERROR, type Reply } from './reply.ts';

/** The HTTP APIs of the template, each on its port. A template that they cannot serve stops the start with a sentence. */
export function createHttpApis(context: StageContext): Service {
  const servers: Server[] = [];

  return {
    name: 'http apis',
    async start() {
      const keys = createIssuerKeys(context);
      for (const api of readHttpApis(context.assembly)) {
        const server = createApiServer(context, createFrontDoor(context, api, keys));
        servers.push(server);
        await once(server.listen(context.ports.api.get(api.id), '127.0.0.1'), 'listening');
      }
      return `${servers.length} HTTP API${servers.length === 1 ? '' : 's'}`;
    },
    async stop() {
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function createApiServer({ warn }: StageContext, open: FrontDoor): Server {
  return createServer((message, response) => {
    const requestId = makeRequestId();
    const reply = open(message, requestId).catch((error: unknown): Reply => {
      if (!message.destroyed) warn(`An HTTP API failed inside the stage: ${error}`);
      return INTERNAL_ERROR;
    });
    void reply.then((ready) => write(response, ready, requestId));
  });
}

function write(response: ServerResponse, reply: Reply, requestId: string): void {
  const { status, headers, cookies, body } = reply;
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    ...(status !== 204 && status !== 304 && { 'content-length': body.length }),
    'apigw-requestid': requestId,
  });
  response.end(body);
}
