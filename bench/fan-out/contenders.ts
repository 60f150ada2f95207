import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import { inParallel } from '../../lambdas/platform/parallel.ts';
import { openSender } from '../../lambdas/platform/sender/sender.ts';
import { answerLoad } from '../load.ts';

export type Contender = 'ours' | 'sdk' | 'floor';

export interface Orders {
  readonly contender: Contender;
  readonly endpoint: string;
  readonly warmUp: number;
  readonly posts: number;
  readonly rounds: number;
}

/** One figure a round. */
export interface Speeds {
  readonly postsPerSecond: readonly number[];
  /** Of this process, user and system. */
  readonly cpuMicrosecondsPerPost: readonly number[];
}

const FRAME = JSON.stringify({
  type: 'notification',
  topic: 'Pet',
  epoch: 'hII_qgZ1',
  seq: 4711,
  id: '0mwwnu5ui-5c4aacbe-281b-43cf-83c8-0e75a3e0176f',
  at: '2026-11-25T12:00:00.000Z',
  payload: { id: 'luna', name: 'Luna', price: 100, status: 'sold' },
});
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'x'.repeat(400),
};
const region = 'us-east-1';
const idOf = (at: number) => `${at.toString(36).padStart(15, 'A')}=`;

/** Posts the frame to so many connections; resolves when each has been answered. */
type Post = (many: number) => Promise<void>;

const contenders: { readonly [Name in Contender]: (endpoint: string) => Post } = {
  ours: (endpoint) => {
    const { post } = openSender({ endpoint, region, credentials });
    return async (many) => {
      const ids = Array.from({ length: many }, (_, at) => idOf(at));
      const outcomes = await inParallel(ids, POSTS_AT_ONCE, (id) => post(id, FRAME));
      if (outcomes.some((outcome) => outcome !== 'done')) throw new Error('A post failed.');
    };
  },

  /** The way that the documents go. */
  sdk: (endpoint) => {
    const client = new ApiGatewayManagementApiClient({ endpoint, region, credentials });
    return async (many) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: many }, (_, at) =>
          client.send(new PostToConnectionCommand({ ConnectionId: idOf(at), Data: FRAME })),
        ),
      );
      if (outcomes.some(({ status }) => status === 'rejected')) throw new Error('A post failed.');
    };
  },

  /** Nothing is signed, read or checked: what the sockets alone take. */
  floor: (endpoint) => {
    const { protocol, hostname, port, host, pathname } = new URL(endpoint);
    const at = { host: hostname, port: Number(port) };
    const head = `POST ${pathname}/@connections/AAAAAAAAAAAAAAA%3D HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${Buffer.byteLength(FRAME)}\r\n\r\n`;
    const request = Buffer.from(head + FRAME);
    const open = (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket =
          protocol === 'https:'
            ? connectSecure(at, () => resolve(socket))
            : connectPlain(at, () => resolve(socket));
        socket.setNoDelay();
        socket.once('error', reject);
      });
    let opening: Promise<Socket[]> | undefined;
    return async (many) => {
      opening ??= Promise.all(Array.from({ length: POSTS_AT_ONCE }, open));
      const sockets = await opening;
      let left = many;
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              const next = () => {
                if (left === 0) {
                  socket.off('data', next);
                  return resolve();
                }
                left -= 1;
                socket.write(request);
              };
              socket.on('data', next);
              next();
            }),
        ),
      );
    };
  },
};

answerLoad<Orders, Speeds>(async ({ contender, endpoint, warmUp, posts, rounds }) => {
  const post = contenders[contender](endpoint);
  await post(warmUp);
  const postsPerSecond: number[] = [];
  const cpuMicrosecondsPerPost: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    const began = performance.now();
    await post(posts);
    postsPerSecond.push((posts / (performance.now() - began)) * 1000);
    const { user, system } = process.cpuUsage(before);
    cpuMicrosecondsPerPost.push((user + system) / posts);
  }
  return { postsPerSecond, cpuMicrosecondsPerPost };
});
