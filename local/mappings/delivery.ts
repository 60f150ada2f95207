import { AwsFault, type Invocation, type StageContext } from '../service.ts';
import type { Mapping } from './mapping.ts';

/** Mappings pull: no resource policy is asked for Lambda's own pollers. */
const POLLER = 'lambda.amazonaws.com';

/** What handing a batch to the function came to. */
export type Delivery =
  | { readonly kind: 'invoked'; readonly invocation: Invocation }
  /** The function did not run at all (throttled, for one); no try is used up. */
  | { readonly kind: 'not-invoked'; readonly reason: string };

/** Hands records to a mapping's function and leaves a trace of it. `by` is the source's name there. */
export async function deliver(
  { clock, functions, trace }: StageContext,
  mapping: Mapping,
  records: readonly unknown[],
  by: { readonly what: 'stream' | 'queue'; readonly name: string; readonly attempt: number },
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
