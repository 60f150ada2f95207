import type { IncomingMessage } from 'node:http';
import { principalId } from '../access/principal-id.ts';
import type { StageContext } from '../service.ts';
import { isPresigned, verifyPresigned } from '../wire/presigned.ts';
import { verifySignature } from '../wire/sigv4.ts';
import type { Route, WebSocketApi } from './api-definition.ts';
import { authorize, type Verdict } from './authorizer.ts';
import { newId } from './connection-ids.ts';
import { authorizerEvent, type Client, connectEvent } from './events.ts';
import type { ProxyAnswer } from './proxy-answer.ts';
import { callRoute } from './routes.ts';
import type { Stage } from './stage-definition.ts';
import type { Throttle } from './throttle.ts';
import { findMalformed, readUpgradeRequest, type UpgradeRequest } from './upgrade-request.ts';

export type Decision =
  | { readonly status: 101; readonly client: Client; readonly protocol: string | undefined }
  | { readonly status: number; readonly client?: undefined; readonly why: string };

/** What a handshake needs to know of the API it is for. */
export interface Door {
  readonly api: WebSocketApi;
  /** `arn:aws:execute-api:{region}:{account}:{apiId}` */
  readonly apiArn: string;
  readonly throttles: ReadonlyMap<string, Throttle>;
}

/** A wish to connect that is well-formed and names a stage. */
interface Attempt {
  readonly request: IncomingMessage;
  readonly upgrade: UpgradeRequest;
  readonly stage: Stage;
  readonly client: Client;
}

const STAGE_PATH = /^\/([^/?]+)\/?(?:\?|$)/;
const PROTOCOL_HEADER = 'sec-websocket-protocol';
const PROTOCOL_NAME = /^[!-~]+$/;

/** Decides on a client's wish to connect: the 101 waits until the authorizer and `$connect` are done. */
export async function decideHandshake(
  context: StageContext,
  door: Door,
  request: IncomingMessage,
): Promise<Decision> {
  const malformed = findMalformed(request);
  if (malformed) return malformed;

  const { api } = door;
  const stage = api.stages.get(STAGE_PATH.exec(request.url ?? '')?.[1] ?? '');
  if (!stage?.isDeployed) return { status: 403, why: `there is no stage at ${pathOf(request)}` };
  if (door.throttles.get(stage.name)?.() === false) return { status: 429, why: 'throttled' };

  const connectedAt = context.clock.now();
  const upgrade = readUpgradeRequest(request, connectedAt);
  const client: Client = {
    connectionId: newId(),
    connectedAt,
    apiId: api.id,
    stage: stage.name,
    host: upgrade.host,
    sourceIp: upgrade.sourceIp,
    userAgent: upgrade.userAgent,
  };
  const route = api.routes.get('$connect');
  if (!route) return { status: 101, client, protocol: undefined };

  const attempt = { request, upgrade, stage, client };
  const verdict = await admit(context, door, route, attempt);
  if (!verdict.allowed) return { status: verdict.status, why: verdict.why };
  const { allowed: _, ...known } = verdict;
  return connect(context, door, route, { ...attempt, client: { ...client, ...known } });
}

type Admission =
  | Verdict
  | { readonly allowed: true; readonly authorizer?: undefined; readonly signer?: Client['signer'] };

async function admit(
  context: StageContext,
  { apiArn }: Door,
  { authorization }: Route,
  { request, upgrade, stage, client }: Attempt,
): Promise<Admission> {
  const methodArn = `${apiArn}/${stage.name}/$connect`;
  switch (authorization.type) {
    case 'NONE':
      return { allowed: true };
    case 'AWS_IAM':
      return admitSigned(context, request, methodArn);
    case 'CUSTOM': {
      const occasion = { requestId: newId(), now: context.clock.now() };
      const event = authorizerEvent(client, upgrade, stage.variables, methodArn, occasion);
      return authorize(context, apiArn, authorization.authorizer, event);
    }
  }
}

function admitSigned(
  { access, account, region, clock }: StageContext,
  { method = '', url = '', headers }: IncomingMessage,
  methodArn: string,
): Admission {
  try {
    const signed = { method, url, headers, body: Buffer.alloc(0) };
    const service = 'execute-api';
    const isForUs = (headers.authorization ?? '').includes(`/${service}/aws4_request`);
    if (!isPresigned(url) && !isForUs)
      return { allowed: false, status: 403, why: 'it is not signed' };
    const principal = isPresigned(url)
      ? verifyPresigned(signed, access.credential, { region, service }, clock)
      : verifySignature(signed, access.credential, region, clock);
    access.demand(principal, 'execute-api:Invoke', methodArn);
    const id = principalId(principal);
    return {
      allowed: true,
      signer: { accountId: account, caller: id, user: id, userArn: principal.arn },
    };
  } catch (error) {
    return { allowed: false, status: 403, why: error instanceof Error ? error.message : '' };
  }
}

async function connect(
  context: StageContext,
  door: Door,
  route: Route,
  { upgrade, stage, client }: Attempt,
): Promise<Decision> {
  const occasion = { requestId: newId(), now: context.clock.now() };
  const event = connectEvent(client, upgrade, stage.variables, occasion);
  const outcome = await callRoute(context, door, client, route, event);
  if (outcome.kind === 'unreachable') return { status: 500, why: outcome.why };
  if (outcome.kind !== 'answered') return { status: 502, why: outcome.why };

  const { answer } = outcome;
  if (answer.statusCode >= 300) return { status: answer.statusCode, why: 'refused by $connect' };
  const protocol = protocolOf(answer);
  if (protocol !== undefined && !PROTOCOL_NAME.test(protocol)) {
    return {
      status: 502,
      why: '$connect returned a Sec-WebSocket-Protocol that is no protocol name',
    };
  }
  return { status: 101, client, protocol };
}

/** The gateway never chooses a sub-protocol; it passes on what the function chose, and nothing else. */
function protocolOf({ headers }: ProxyAnswer): string | undefined {
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === PROTOCOL_HEADER);
  return entry && String(entry[1]);
}

/** Without the query: tickets travel there. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}
