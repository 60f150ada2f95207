import { QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type ConnectionRow, topicKey, USER_ID_INDEX } from '../contract/tables.ts';
import { openRoutes, type Routes } from '../lambdas/flows/routes.ts';
import { inParallel } from '../lambdas/platform/parallel.ts';
import { ex, selecting } from '../lambdas/stores/expression.ts';
import { subscribersOf } from '../lambdas/stores/subscriptions.ts';
import type { EveryReach } from '../test/support/engine.ts';
import { crowdMember, TENANT } from './units/crowd.ts';

/** Whom a publish goes to: found in our way, and in the ways that the documents go. */
export interface Finding {
  readonly says: string;
  /** Gives how many connections it found. */
  find(reach: EveryReach, crowd: Crowd, now: number): Promise<number>;
}

export interface Crowd {
  readonly name: string;
  readonly size: number;
  readonly topic: string;
}

/** Queries side by side, as many as a function has sockets for. */
const QUERIES_AT_ONCE = 50;

const along = async (routes: Routes, reach: EveryReach, { topic }: Crowd, now: number) => {
  const key = topicKey(TENANT, topic);
  let found = 0;
  for await (const { rows } of subscribersOf(reach, key)) {
    for (const { connections } of await routes.to(reach, key, rows, now)) {
      found += connections.length;
    }
  }
  return found;
};

/** A memory for the whole crowd, as several processes have it together. */
const remembering = openRoutes(Number.POSITIVE_INFINITY);

export const findings = {
  ours: {
    says: 'subscriptions of the topic; routes remembered while they are good',
    async find(reach, crowd, now) {
      return along(remembering, reach, crowd, now);
    },
  },
  sessions: {
    says: 'subscriptions of the topic, then each session, every time (s1)',
    async find(reach, crowd, now) {
      return along(openRoutes(), reach, crowd, now);
    },
  },
  userIndex: {
    says: 'the connections of each user who is meant, by an index (s2)',
    async find(reach, { name, size }) {
      const users = Array.from({ length: size }, (_, at) => crowdMember(name, at).session.userId);
      const found = await inParallel(users, QUERIES_AT_ONCE, async (userId) => {
        const { Count = 0 } = await reach.documents.send(
          new QueryCommand({
            TableName: reach.tables.connections.name,
            IndexName: USER_ID_INDEX,
            ...selecting(ex`#userId = ${userId} AND #status = ${'CONNECTED'}`),
          }),
        );
        return Count;
      });
      return found.reduce((sum, each) => sum + each, 0);
    },
  },
  scan: {
    says: 'all connections, filtered by the function (s3, s4); here nobody else is connected',
    async find(reach) {
      let found = 0;
      let from: Record<string, unknown> | undefined;
      do {
        const page = await reach.documents.send(
          new ScanCommand({ TableName: reach.tables.connections.name, ExclusiveStartKey: from }),
        );
        const rows = (page.Items ?? []) as ConnectionRow[];
        found += rows.filter(({ status }) => status === 'CONNECTED').length;
        from = page.LastEvaluatedKey;
      } while (from);
      return found;
    },
  },
} as const satisfies Record<string, Finding>;
export type FindingName = keyof typeof findings;
