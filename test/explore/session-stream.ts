import { marshall } from '@aws-sdk/util-dynamodb';
import type { BatchAnswer } from '../../lambdas/platform/queue-edge.ts';
import type { StreamEvent } from '../../lambdas/platform/stream-edge.ts';
import { streamSources } from '../../lib/constructs/stream-sources.ts';
import { compilePattern } from '../../local/events/patterns.ts';
import type { Random } from './random.ts';
import type { Change } from './rows.ts';

type StreamRecord = StreamEvent['Records'][number];

/** A batch on its way through one invocation; exactly one of the two says how that went. */
export interface Batch extends StreamEvent {
  answered(answer: BatchAnswer): void;
  crashed(): void;
}

/**
 * The stream of the sessions table and its mapping at their worst: at least once, in order for one player
 * only, late, a batch again beside or long after the invocation that it repeats, and given up on.
 */
export interface SessionStream {
  record(change: Change, now: number): void;
}

interface Shard {
  records: StreamRecord[];
  isBusy: boolean;
}

const BATCH = 4;
const LATE_SECONDS = 60;
const AGAIN_SECONDS = 30;
const GIVE_UP_CHANCE = 0.02;
const filters = streamSources['session-stream'].filters.map(compilePattern);

export function openSessionStream(
  random: Random,
  {
    copies,
    deliver,
    giveUp,
  }: {
    /** How likely a batch comes twice, from 0 to 1. */
    readonly copies: number;
    readonly deliver: (batch: Batch, inSeconds: number) => void;
    readonly giveUp: (records: readonly StreamRecord[]) => void;
  },
): SessionStream {
  const shards: Shard[] = Array.from({ length: 1 + random.below(2) }, () => ({
    records: [],
    isBusy: false,
  }));
  const players: string[] = [];
  let written = 0;

  const shardOf = (player: string): Shard => {
    if (!players.includes(player)) players.push(player);
    return shards[players.indexOf(player) % shards.length] as Shard;
  };

  /** One batch of a shard after the other; of its copies nobody keeps count. */
  const proceed = (shard: Shard, inSeconds: number): void => {
    if (shard.isBusy || shard.records.length === 0) return;
    shard.isBusy = true;
    const Records = shard.records.slice(0, 1 + random.below(BATCH));
    const isOver = (count: number): void => {
      shard.records = shard.records.slice(count);
      shard.isBusy = false;
      proceed(shard, count < Records.length ? 1 + random.below(AGAIN_SECONDS) : 0);
    };
    if (random.chance(GIVE_UP_CHANCE)) {
      giveUp(Records);
      isOver(Records.length);
      return;
    }
    deliver(
      {
        Records,
        answered: ({ batchItemFailures }) => {
          const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
          const from = Records.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber));
          isOver(from < 0 ? Records.length : from);
        },
        crashed: () => isOver(0),
      },
      inSeconds,
    );
    if (random.chance(copies)) {
      const copy = { Records, answered: () => {}, crashed: () => {} };
      deliver(copy, inSeconds + random.below(LATE_SECONDS));
    }
  };

  return {
    record({ table, before, after }, now) {
      if (table !== 'sessions' || !after) return;
      const { player, item } = after as { player: string; item: string };
      const record = {
        eventName: before ? 'MODIFY' : 'INSERT',
        dynamodb: {
          ApproximateCreationDateTime: Math.floor(now / 1000),
          SequenceNumber: `${written}`,
          Keys: marshall({ player, item }),
          NewImage: marshall(after),
          ...(before && { OldImage: marshall(before) }),
        },
      };
      written += 1;
      if (!filters.some((isWanted) => isWanted(record))) return;
      const shard = shardOf(player);
      shard.records.push(record);
      proceed(shard, random.pick([0, 0, 0, random.below(LATE_SECONDS)]));
    },
  };
}
