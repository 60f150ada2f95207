import { marshall } from '@aws-sdk/util-dynamodb';
import type { NotificationRow } from '../../contract/tables.ts';
import type { BatchAnswer } from '../../lambdas/platform/queue-edge.ts';
import type { StreamEvent } from '../../lambdas/platform/stream-edge.ts';
import type { Random } from '../explore/random.ts';

interface Batch {
  /** Places in the stream. */
  readonly marks: readonly number[];
  readonly tries: number;
}

/** A batch on its way through one invocation; exactly one of the two says how that went. */
export interface Delivery {
  readonly marks: readonly number[];
  readonly event: StreamEvent;
  answered(answer: BatchAnswer): void;
  crashed(): void;
}

/**
 * The stream and its mapping at their worst: at least once, any record before any other (a shard's
 * split), a retry beside the invocation that it repeats, batches halved, parked and redriven late.
 */
export interface Stream {
  /** Nothing is left to deliver, nor under way. */
  isEmpty(): boolean;
  canDeliver(): boolean;
  deliver(): Delivery;
  canRedrive(): boolean;
  redrive(): void;
}

const TRIES = 2;
const MOST_AT_ONCE = 3;
const BATCH = 4;

export function openStream(
  random: Random,
  commits: readonly NotificationRow[],
  tell: (what: string) => void,
): Stream {
  let read = 0;
  let fresh: number[] = [];
  const again: Batch[] = [];
  const parked: Batch[] = [];
  let underWay = 0;

  function arrive(): void {
    for (; read < commits.length; read += 1) fresh.push(read);
  }

  /** Mostly the oldest, in order; now and then whichever a second shard was quicker with. */
  function takeFresh(): Batch {
    const size = 1 + random.below(BATCH);
    const isSplit = random.chance(0.3);
    if (isSplit && fresh.length > size) tell('reordered');
    const marks = isSplit ? shuffled(fresh).slice(0, size) : fresh.slice(0, size);
    fresh = fresh.filter((mark) => !marks.includes(mark));
    return { marks, tries: 0 };
  }

  function takeAgain(): Batch | undefined {
    const [batch] = again.splice(random.below(again.length), 1);
    return batch;
  }

  function failed(marks: readonly number[], tries: number): void {
    if (marks.length === 0) return;
    if (tries >= TRIES) {
      tell('parked');
      parked.push({ marks, tries: 0 });
      return;
    }
    const middle = random.chance(0.4) ? Math.ceil(marks.length / 2) : marks.length;
    for (const half of [marks.slice(0, middle), marks.slice(middle)]) {
      if (half.length > 0) again.push({ marks: half, tries });
    }
  }

  const shuffled = (marks: readonly number[]): number[] =>
    marks
      .map((mark) => ({ mark, place: random.next() }))
      .sort((one, other) => one.place - other.place)
      .map(({ mark }) => mark);

  const recordOf = (mark: number) => {
    const row = commits[mark];
    if (row === undefined) throw new Error(`There is no record ${mark}.`);
    const { topic, id } = row;
    const NewImage = marshall(row, { removeUndefinedValues: true });
    return {
      dynamodb: {
        ApproximateCreationDateTime: 0,
        SequenceNumber: `${mark}`,
        Keys: marshall({ topic, id }),
        NewImage,
      },
    };
  };

  return {
    isEmpty() {
      arrive();
      return fresh.length + again.length + parked.length + underWay === 0;
    },
    canDeliver() {
      arrive();
      return underWay < MOST_AT_ONCE && fresh.length + again.length > 0;
    },
    deliver() {
      const isRetry = again.length > 0 && (fresh.length === 0 || random.chance(0.5));
      const { marks, tries } = (isRetry ? takeAgain() : undefined) ?? takeFresh();
      underWay += 1;
      // A timed-out invocation still runs while the mapping tries again.
      if (random.chance(0.1)) {
        tell('overlapped');
        failed(marks, tries + 1);
      }
      return {
        marks,
        event: { Records: marks.map(recordOf) },
        answered({ batchItemFailures }) {
          underWay -= 1;
          const named = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
          const from = marks.findIndex((mark) => named.has(`${mark}`));
          if (from >= 0) failed(marks.slice(from), tries + 1);
          else if (random.chance(0.05)) {
            tell('repeated');
            again.push({ marks, tries });
          }
        },
        crashed() {
          underWay -= 1;
          failed(marks, tries + 1);
        },
      };
    },
    canRedrive: () => parked.length > 0,
    redrive() {
      const [batch] = parked.splice(random.below(parked.length), 1);
      if (batch) again.push(batch);
      tell('redriven');
    },
  };
}
