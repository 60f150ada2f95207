import { isUtf8 } from 'node:buffer';
import { type AwsAnswer, AwsFault, type Principal, type StageContext } from '../service.ts';
import type { SignedRequest } from '../wire/canonical-request.ts';
import { verifySignature } from '../wire/sigv4.ts';
import { DELETED } from './closes.ts';
import type { Connection } from './connection.ts';
import { isConnectionId } from './connection-ids.ts';
import type { Door } from './handshake.ts';

/** A call of the `@connections` API, found by its path. */
export interface ConnectionsCall extends SignedRequest {
  readonly stage: string;
  readonly connectionId: string;
}

export interface ConnectionsApi {
  /** Who signed the call. Throws an {@link AwsFault} when nobody known did. */
  identify(call: ConnectionsCall): Principal;
  /** Does what is asked, if the caller may. Throws an {@link AwsFault} otherwise. */
  act(call: ConnectionsCall, caller: Principal): AwsAnswer;
}

const SERVICE = 'execute-api';
const ACTION = `${SERVICE}:ManageConnections`;
const PATH = /^\/([^/?]+)\/@connections\/([^/?]+)$/;

const SENT: AwsAnswer = { status: 200 };
const CLOSED: AwsAnswer = { status: 204 };
/** The empty body is AWS's; without the header, SDKs could not name it. */
const GONE: AwsAnswer = { status: 410, headers: { 'x-amzn-errortype': 'GoneException' } };

/** The stage and the connection that a path names; undefined when it is no path of this API. */
export function readConnectionsPath(
  url: string,
): Pick<ConnectionsCall, 'stage' | 'connectionId'> | undefined {
  const [, stage, encodedId] = PATH.exec(url) ?? [];
  if (stage === undefined || encodedId === undefined) return undefined;
  // `%3D` is all that an id ever needs; anything else is malformed and stays as it is.
  return { stage, connectionId: encodedId.replace(/%3D$/i, '=') };
}

/** `POST`, `GET` and `DELETE` of one WebSocket API's connections, each signed and authorized. */
export function createConnectionsApi(
  { access, account, region, clock }: StageContext,
  { apiArn }: Door,
  connections: ReadonlyMap<string, Connection>,
): ConnectionsApi {
  const maskedArn = apiArn.replace(account, `********${account.slice(-4)}`);

  const authorize = ({ stage, method, connectionId }: ConnectionsCall, caller: Principal) => {
    const path = `${stage}/${method}/@connections`;
    try {
      access.demand(caller, ACTION, `${apiArn}/${path}/${connectionId}`);
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
      // The account masked and the id left out, as AWS writes it.
      const resource = `${maskedArn}/${path}/{connectionId}`;
      const words = `User: ${caller.arn} is not authorized to perform: ${ACTION} on resource: ${resource}`;
      throw new AwsFault(error.name, words, 403);
    }
  };

  return {
    identify(call) {
      const { authorization } = call.headers;
      if (authorization === undefined) {
        throw new AwsFault('MissingAuthenticationTokenException', 'Forbidden', 403);
      }
      if (!authorization.includes(`/${SERVICE}/aws4_request`)) {
        const words = `Credential should be scoped to correct service: '${SERVICE}'. `;
        throw new AwsFault('InvalidSignatureException', words, 403);
      }
      return verifySignature(call, access.credential, region, clock);
    },
    act(call, caller) {
      authorize(call, caller);
      const { method, stage, connectionId, body } = call;
      if (!isConnectionId(connectionId)) {
        throw new AwsFault('BadRequestException', `Invalid connectionId: ${connectionId}`);
      }
      const connection = connections.get(connectionId);
      if (connection?.client.stage !== stage) return GONE;
      if (method === 'POST') return post(connection, body);
      if (method === 'GET') return { status: 200, body: describe(connection) };
      connection.close(DELETED);
      return CLOSED;
    },
  };
}

/** 200 says that the message was handed to the socket, and, as on AWS, no more than that. */
function post(connection: Connection, body: Buffer): AwsAnswer {
  // The frame is a text frame whatever was posted; what is no UTF-8 must not break the client's socket.
  switch (connection.send(isUtf8(body) ? body : Buffer.from(body.toString()))) {
    case 'sent':
      return SENT;
    case 'gone':
      return GONE;
    case 'full':
      throw new AwsFault('LimitExceededException', 'Too much waits for this client already', 429);
  }
}

function describe({ client, lastActiveAt }: Connection): string {
  const { connectedAt, sourceIp, userAgent } = client;
  return JSON.stringify({
    connectedAt: new Date(connectedAt).toISOString(),
    identity: { sourceIp, userAgent },
    lastActiveAt: new Date(lastActiveAt()).toISOString(),
  });
}
