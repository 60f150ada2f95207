import type { Happening, Met } from '../gates/gates.ts';
import { waitAt } from '../gates/wait.ts';
import { AwsFault, type Invocation, type StageContext } from '../service.ts';
import type { Mapping } from './mapping.ts';
import { reorder } from './reorder.ts';

/** Mappings pull: no resource policy is asked for Lambda's own pollers. */
const POLLER = 'lambda.amazonaws.com';

/** What handing a batch to the function came to. */
export type Delivery =
  | { readonly kind: 'invoked'; readonly invocation: Invocation }
  /** The function did not run at all (throttled, for one); no try is used up. */
  | { readonly kind: 'not-invoked'; readonly reason: string };

/** A batch's source: its name, and for the trace what it is. */
interface By {
  readonly what: 'stream' | 'queue';
  readonly name: string;
  readonly attempt: number;
}

/** Hands records to a mapping's function, through whatever gate stands in the way. `by` is the source. */
export async function deliver(
  context: StageContext,
  mapping: Mapping,
  records: readonly object[],
  by: By,
): Promise<Delivery> {
  const { gates } = context;
  const met = gates.areOpen ? undefined : gates.meet(batchOf(mapping, records, by));
  if (met === undefined) return hand(context, mapping, records, by);
  const order = met.gate.do === 'reorder' ? reorder(records, met.random) : records;
  const again = () => hand(context, mapping, order, by);
  return pass(context, met, again);
}

/** What a gate sees of a batch, and of the shard that it comes from. */
export const batchOf = (
  { functionName, functionPath }: Mapping,
  records: readonly object[],
  { name }: Pick<By, 'name'>,
  at: 'batch' | 'shard' = 'batch',
): Happening => ({
  at,
  by: [functionName, functionPath],
  what: [name],
  text: () => JSON.stringify(records),
});

async function pass(
  { clock }: StageContext,
  met: Met,
  handOver: () => Promise<Delivery>,
): Promise<Delivery> {
  const { gate } = met;
  const isAfter = gate.when === 'after';
  switch (gate.do) {
    case 'error':
      if (isAfter) await handOver();
      return { kind: 'invoked', invocation: FAILED };
    case 'repeat': {
      const first = await handOver();
      for (let more = 0; more < gate.more; more += 1) await handOver();
      return first;
    }
    case 'overlap': {
      const all = Array.from({ length: gate.more + 1 }, handOver);
      const [first] = await Promise.all(all);
      return first as Delivery;
    }
    default: {
      if (!isAfter) await waitAt(clock, met);
      const delivery = await handOver();
      if (isAfter) await waitAt(clock, met);
      return delivery;
    }
  }
}

/** As of an invocation whose answer never came. */
const FAILED: Invocation = {
  requestId: '',
  payload: '{"errorType":"Sandbox.Timedout","errorMessage":"A gate took it for failed"}',
  error: 'Unhandled',
  errorType: 'Sandbox.Timedout',
};

async function hand(
  { clock, functions, trace }: StageContext,
  mapping: Mapping,
  records: readonly object[],
  by: By,
): Promise<Delivery> {
  const at = clock.now();
  const started = performance.now();
  const note = (outcome: string) =>
    trace.record({
      at,
      durationMs: performance.now() - started,
      kind: 'invoke',
      by: by.name,
      what: by.what,
      on: mapping.functionName,
      outcome,
      detail: { records: records.length, attempt: by.attempt },
    });
  try {
    const invocation = await functions.invoke(
      mapping.functionArn,
      JSON.stringify({ Records: records }),
      {
        kind: 'service',
        name: POLLER,
        arn: POLLER,
        roleArn: '',
        sourceArn: mapping.sourceArn,
      },
    );
    note(invocation.error === undefined ? 'ok' : (invocation.errorType ?? invocation.error));
    return { kind: 'invoked', invocation };
  } catch (error) {
    if (!(error instanceof AwsFault)) throw error;
    note(error.name);
    return { kind: 'not-invoked', reason: error.message };
  }
}
