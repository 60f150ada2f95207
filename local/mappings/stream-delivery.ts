import { KEPT_MS, type StreamRecord, type TableStream } from '../dynamodb/streams.ts';
import type { Invocation, StageContext } from '../service.ts';
import { deliver } from './delivery.ts';
import type { FailureQueue } from './failure-queue.ts';
import type { Lane } from './lane.ts';
import type { Mapping } from './mapping.ts';
import { reportedFailures } from './partial-batch.ts';
import type { Pauses } from './pauses.ts';

export interface StreamMapping extends Mapping {
  readonly startsLatest: boolean;
  /** ParallelizationFactor: how many batches of the shard may run at once. */
  readonly lanes: readonly Lane[];
  /** How often a batch is tried again; Infinity until it is too old. */
  readonly retries: number;
  readonly maximumAgeMs: number;
  readonly bisects: boolean;
  /** Where the account of what was given up goes. */
  readonly failures: FailureQueue | undefined;
}

/** What has been tried of a batch; its halves inherit it. */
interface Tries {
  readonly invocations: number;
  /** Tries that count towards `MaximumRetryAttempts`. */
  readonly failed: number;
  readonly last?: Invocation;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const NOT_TRIED: Tries = { invocations: 0, failed: 0 };

/** What the lanes of a mapping work with. */
export interface LaneProps {
  readonly context: StageContext;
  readonly mapping: StreamMapping;
  readonly stream: TableStream;
  readonly pauses: Pauses;
  /** Nothing of this lane up to that position needs to be delivered again. */
  readonly keep: (position: number) => void;
}

/** Brings a batch to its end: delivered, or given up and parked. */
export async function deliverStreamBatch(
  { context, mapping, stream, pauses, keep }: LaneProps,
  records: readonly StreamRecord[],
): Promise<void> {
  const { clock } = context;
  const by = { what: 'stream', name: sourceName(context, stream.tableId) } as const;

  const park = (batch: readonly StreamRecord[], condition: string, tries: Tries) => {
    if (pauses.isEnded) return;
    mapping.failures?.park({ batch, condition, shardId: stream.shardId, ...tries });
    keep(positionOfLast(batch));
  };

  const backOff = async (times: number) => {
    await pauses.pause(Math.min(FIRST_PAUSE_MS * 2 ** times, LONGEST_PAUSE_MS)).over;
  };

  const run = async (batch: readonly StreamRecord[], tries: Tries): Promise<void> => {
    let { invocations, failed, last } = tries;
    let rest = batch;
    let throttled = 0;
    while (rest.length > 0 && !pauses.isEnded) {
      const oldest = clock.now() - Math.min(mapping.maximumAgeMs, KEPT_MS);
      const fresh = rest.findIndex(({ createdAt }) => createdAt > oldest);
      if (fresh !== 0) {
        const aged = fresh === -1 ? rest : rest.slice(0, fresh);
        park(aged, 'EventAgeExceeded', { invocations, failed, last });
        rest = rest.slice(aged.length);
        continue;
      }

      const events = rest.map(({ event }) => event);
      const delivery = await deliver(context, mapping, events, { ...by, attempt: invocations + 1 });
      if (pauses.isEnded) return;
      if (delivery.kind === 'not-invoked') {
        if (throttled === 0) context.warn(`${mapping.path} waits: ${delivery.reason}`);
        await backOff(throttled++);
        continue;
      }
      invocations += 1;
      last = delivery.invocation;
      const firstFailed = firstFailure(mapping, rest, last);
      if (firstFailed > 0) keep(positionOfLast(rest.slice(0, firstFailed)));
      rest = rest.slice(firstFailed);
      if (rest.length === 0) return;

      // A cut, by the function's report or by bisection, does not use up a try (D).
      if (mapping.bisects && firstFailed > 0) continue;
      if (mapping.bisects && rest.length > 1) {
        const middle = Math.ceil(rest.length / 2);
        await backOff(0);
        await run(rest.slice(0, middle), { invocations, failed, last });
        return run(rest.slice(middle), { invocations, failed, last });
      }
      failed += 1;
      if (failed > mapping.retries) {
        return park(rest, 'RetryAttemptsExhausted', { invocations, failed, last });
      }
      await backOff(failed - 1);
    }
  };
  await run(records, NOT_TRIED);
}

/** The index from which on a batch must come again; its length when all went well. */
function firstFailure(
  { reportsFailures }: StreamMapping,
  batch: readonly StreamRecord[],
  { error, payload }: Invocation,
): number {
  if (error !== undefined) return 0;
  if (!reportsFailures) return batch.length;
  const identifiers = batch.map(({ event }) => event.dynamodb.SequenceNumber);
  const failed = reportedFailures(payload, new Set(identifiers));
  if (failed === 'all') return 0;
  const first = identifiers.findIndex((identifier) => failed.has(identifier));
  return first === -1 ? batch.length : first;
}

const positionOfLast = (batch: readonly StreamRecord[]) => batch.at(-1)?.position ?? 0;

/** The source of batches in the trace and for gates: its table's logical id. */
export const sourceName = ({ assembly }: StageContext, tableId: string) =>
  assembly.find('AWS::DynamoDB::Table', tableId)?.logicalId ?? tableId;
