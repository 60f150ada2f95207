import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { publish } from '../../lambdas/flows/publish.ts';
import { openRoutes, type Routes } from '../../lambdas/flows/routes.ts';
import type { stampAll } from '../../lambdas/flows/stamp.ts';
import { subscribe } from '../../lambdas/flows/subscribe.ts';
import type { Sockets } from '../../lambdas/platform/sockets.ts';

/** What a schedule plays: the flows as they are shipped, or with one of them replaced by a wrong one. */
export interface Product {
  readonly publish: typeof publish;
  /** One for each process that runs the fan-out: each has a memory of its own. */
  readonly stampers: readonly Stamper[];
  /** A memory for each of those processes. */
  openRoutes(): Routes;
  readonly subscribe: typeof subscribe;
  /** What stands between flows and sockets. */
  readonly gateway: (
    sockets: Sockets<'post' | 'get' | 'delete'>,
  ) => Sockets<'post' | 'get' | 'delete'>;
  /** What stands between flows and engine. */
  readonly wire: (documents: Documents) => Documents;
}

export type Stamper = typeof stampAll;
export type Documents = Pick<DynamoDBDocumentClient, 'send'>;

const PROCESSES = 3;

/** A module of its own for each process, as in Lambda: what one remembers, the others do not know. */
async function startProcess(_: unknown, at: number): Promise<Stamper> {
  const copy = new URL(`../../lambdas/flows/stamp.ts?process=${at}`, import.meta.url).href;
  const loaded: { stampAll: Stamper } = await import(copy);
  return loaded.stampAll;
}

export const shipped: Product = {
  publish,
  stampers: await Promise.all(Array.from({ length: PROCESSES }, startProcess)),
  openRoutes,
  subscribe,
  gateway: (sockets) => sockets,
  wire: (documents) => documents,
};
