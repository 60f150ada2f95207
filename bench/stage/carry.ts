import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { sign } from '../../local/wire/sigv4.ts';
import { newPerson, type Person } from '../../test/support/people.ts';
import type { Place } from '../../test/support/place.ts';
import { openSocket, type TestSocket } from '../../test/support/socket.ts';
import { answerLoad } from '../load.ts';

/** What this process is told by the bench, which hosts the stage itself. */
export interface Load {
  readonly place: Place;
  readonly socketsEndpoint: string;
  /** In whose name posts are signed: a function's, so that policies are asked. */
  readonly sender: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

/** What it tells back. */
export interface Carried {
  readonly postsPerSecond: readonly number[];
  readonly connectsPerSecond: readonly number[];
}

const SOCKETS = 40;
const SENDERS = 32;
const ROUND_MS = 3_000;
const POST_ROUNDS = 4;
/** At most so many sessions of one person are live at once. */
const SESSIONS_OF_ONE = 40;
const CONNECTS_A_ROUND = 400;
const CONNECT_ROUNDS = 3;
const CONNECTS_AT_ONCE = 8;

answerLoad(carry);

async function carry(load: Load): Promise<Carried> {
  const { place } = load;
  const person = await newPerson(place);
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS }, () => authenticated(place, person)),
  );
  const posts = sockets.map(({ id }) => signedPost(load, id));
  const received = countMessages(sockets.map(({ socket }) => socket));
  // The first round warms both processes up and is not counted.
  const postRounds: number[] = [];
  for (let round = 0; round <= POST_ROUNDS; round += 1) {
    postRounds.push(await postForAWhile(load, posts, received));
  }
  await Promise.all(sockets.map(({ socket }) => socket.close()));

  const connectRounds: number[] = [];
  for (let round = 0; round <= CONNECT_ROUNDS; round += 1) {
    connectRounds.push(await connectMany(place));
  }
  return {
    postsPerSecond: postRounds.slice(1),
    connectsPerSecond: connectRounds.slice(1),
  };
}

async function authenticated(
  { outputs }: Place,
  { token }: Person,
): Promise<{ readonly id: string; readonly socket: TestSocket }> {
  const socket = await openSocket(outputs.WebSocketUrl ?? '');
  const sessionId = randomUUID();
  const reply = await socket.ask({ action: 'authenticate', v: 1, token, sessionId });
  if (reply.type !== 'authenticated') throw new Error(`Refused: ${JSON.stringify(reply)}`);
  return { id: String(reply.connectionId), socket };
}

const FRAME = JSON.stringify({ type: 'notification', topic: 'Pet', payload: 'x'.repeat(160) });

/**
 * A whole request as bytes. Its signature is real and good for five minutes, and making it anew for
 * each post would measure this process instead of the stage.
 */
function signedPost({ place, socketsEndpoint, sender }: Load, connectionId: string): Buffer {
  const { accessKeyId, secretAccessKey, sessionToken } = sender;
  const { host, pathname } = new URL(socketsEndpoint);
  const region = place.environment.AWS_REGION ?? '';
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const service = 'execute-api';
  const scope = `${day}/${region}/${service}/aws4_request`;
  const url = `${pathname}/@connections/${encodeURIComponent(connectionId)}`;
  const headers = { host, 'x-amz-date': time, 'x-amz-security-token': sessionToken };
  const signedHeaders = Object.keys(headers);
  const signature = sign(
    { method: 'POST', url, headers, body: Buffer.from(FRAME) },
    { scope, day, region, service, signedHeaders, time, secret: secretAccessKey },
  );
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  const lines = [
    `POST ${url} HTTP/1.1`,
    ...Object.entries({ ...headers, authorization }).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(FRAME)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${FRAME}`);
}

function countMessages(sockets: readonly TestSocket[]): () => number {
  let count = 0;
  for (const { raw } of sockets) {
    raw.removeAllListeners('message');
    raw.on('message', () => {
      count += 1;
    });
  }
  return () => count;
}

/** Messages that arrived at sockets in a second, with every sender posting again as soon as it is answered. */
async function postForAWhile(
  { socketsEndpoint }: Load,
  posts: readonly Buffer[],
  received: () => number,
): Promise<number> {
  const { hostname, port } = new URL(socketsEndpoint);
  const before = received();
  const began = performance.now();
  const isOver = () => performance.now() - began > ROUND_MS;
  const senders = Array.from({ length: SENDERS }, (_, at) =>
    keepPosting(connect(Number(port), hostname), posts, at, isOver),
  );
  await Promise.all(senders);
  return ((received() - before) / (performance.now() - began)) * 1000;
}

function keepPosting(
  wire: Socket,
  posts: readonly Buffer[],
  offset: number,
  isOver: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = offset;
    const post = () => {
      const request = posts[at++ % posts.length];
      if (request) wire.write(request);
    };
    wire.setNoDelay();
    wire.on('error', reject);
    wire.on('connect', post);
    wire.on('data', (answer) => {
      if (!answer.includes('HTTP/1.1 200')) return reject(new Error(answer.toString()));
      if (!isOver()) return post();
      wire.end();
      resolve();
    });
  });
}

/** New sockets that got their `authenticated` reply in a second. */
async function connectMany(place: Place): Promise<number> {
  const people = await Promise.all(
    Array.from({ length: CONNECTS_A_ROUND / SESSIONS_OF_ONE }, () => newPerson(place)),
  );
  const turns = Array.from({ length: SESSIONS_OF_ONE }, () => people)
    .flat()
    .values();
  const opened: TestSocket[] = [];
  const began = performance.now();
  const lane = async () => {
    for (const person of turns) opened.push((await authenticated(place, person)).socket);
  };
  await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, lane));
  const perSecond = (opened.length / (performance.now() - began)) * 1000;
  await Promise.all(opened.map((socket) => socket.close()));
  return perSecond;
}
