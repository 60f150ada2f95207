import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionName } from '../../contract/tables.ts';
import { playerKey, sessionItem, subscriberKey, topicKey } from '../../contract/tables.ts';

/** Who the stub's one session belongs to, what it listens to, and where. */
export const somebody = {
  session: { tenant: 'default', userId: 'somebody', sessionId: 'tab' } satisfies SessionName,
  topic: 'Pet',
  connectionId: 'AAAAAAAAAAAAAAA=',
};

export interface StubAws {
  readonly url: string;
  /** An access token of the stub's pool. */
  token(userPoolId: string, clientId: string): string;
  stop(): Promise<void>;
}

/**
 * The AWS services at their fastest: every call has its answer at once, so that a cold start is the
 * function's own time and one loopback hop a call.
 */
export async function startStubAws(): Promise<StubAws> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'stub', alg: 'RS256', use: 'sig' }],
  });
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const body = await textOf(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    const action = target.slice(target.lastIndexOf('.') + 1);
    const isKeys = request.url?.endsWith('/jwks.json');
    const answer = isKeys ? keys : action === '' ? '' : JSON.stringify(answers(action, body));
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: (userPoolId, clientId) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const now = Math.floor(Date.now() / 1000);
      const region = userPoolId.split('_')[0];
      const claims = {
        iss: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
        sub: somebody.session.userId,
        client_id: clientId,
        token_use: 'access',
        iat: now,
        exp: now + 3600,
      };
      const text = `${part({ alg: 'RS256', kid: 'stub' })}.${part(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function answers(action: string, body: string): object {
  const { tenant, userId, sessionId } = somebody.session;
  switch (action) {
    case 'SendMessage': {
      const { MessageBody } = JSON.parse(body) as { MessageBody: string };
      return { MessageId: 'stub', MD5OfMessageBody: hash('md5', MessageBody) };
    }
    case 'Query':
      return {
        Items: [
          {
            topic: { S: topicKey(tenant, somebody.topic) },
            subscriber: { S: subscriberKey(userId, sessionId) },
            life: { N: '1' },
          },
        ],
      };
    case 'BatchGetItem': {
      const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, object> };
      return {
        Responses: Object.fromEntries(Object.keys(RequestItems).map((name) => [name, [session()]])),
      };
    }
    case 'PutEvents': {
      const { Entries } = JSON.parse(body) as { Entries: object[] };
      return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'stub' })) };
    }
    default:
      return {};
  }
}

const session = () => ({
  player: { S: playerKey(somebody.session.tenant, somebody.session.userId) },
  item: { S: sessionItem(somebody.session.sessionId) },
  state: { S: 'live' },
  life: { N: '1' },
  connectedAt: { S: '2026-01-01T00:00:00.000Z' },
  authExpiresAt: { N: '9999999999' },
  conns: { SS: [somebody.connectionId] },
});
