import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isoTime } from '../../rules/connection.ts';
import { logDefect } from './log.ts';
import type { BatchAnswer } from './queue-edge.ts';

export interface StreamEvent {
  readonly Records: readonly StreamRecord[];
}

interface StreamRecord {
  readonly dynamodb: {
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, AttributeValue>>;
    readonly NewImage?: Readonly<Record<string, AttributeValue>>;
    readonly OldImage?: Readonly<Record<string, AttributeValue>>;
  };
}

/** One change of a row, the same however often it is delivered. */
export interface Change<Row> {
  readonly row: Row;
  /** The row before; undefined where it was none, or where the stream carries no old images. */
  readonly before: Row | undefined;
  /** ISO: when the change was recorded, to the second. */
  readonly at: string;
}

/** One group of a batch: what it is about, and its changes in the order of the stream. */
interface Group<Row> {
  readonly name: string;
  readonly changes: readonly Change<Row>[];
}

/**
 * The edge of a table's stream. Records are grouped, groups run side by side, and one group's failure
 * is not another's: only the failed group's records are named. The mapping then delivers again from
 * the lowest of them on, so whatever runs here must bear repetition.
 */
export const streamEdge =
  <Row>(
    stream: string,
    groupOf: (row: Row) => string,
    run: (group: Group<Row>, now: number) => Promise<void>,
  ) =>
  async ({ Records }: StreamEvent): Promise<BatchAnswer> => {
    const groups = new Map<string, { changes: Change<Row>[]; marks: string[] }>();
    for (const { dynamodb } of Records) {
      const change = changeOf<Row>(dynamodb);
      const name = groupOf(change.row);
      const group = groups.get(name) ?? { changes: [], marks: [] };
      group.changes.push(change);
      group.marks.push(dynamodb.SequenceNumber);
      groups.set(name, group);
    }
    const now = Date.now();
    const failed = await Promise.all(
      [...groups].map(async ([name, { changes, marks }]) => {
        try {
          await run({ name, changes }, now);
          return [];
        } catch (fault) {
          logDefect('records.failed', fault, { stream, group: name, records: changes.length });
          return marks;
        }
      }),
    );
    return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
  };

const changeOf = <Row>(change: StreamRecord['dynamodb']): Change<Row> => ({
  row: unmarshall({ ...(change.NewImage ?? change.Keys) }) as Row,
  before: change.OldImage && (unmarshall({ ...change.OldImage }) as Row),
  at: isoTime(change.ApproximateCreationDateTime * 1000),
});
