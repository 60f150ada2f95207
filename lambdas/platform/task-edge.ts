import type * as z from 'zod/mini';
import { Refusal, refusals, sentence } from '../../contract/refusals.ts';
import { logDefect } from './log.ts';
import { plainError } from './plain-error.ts';
import { readShape } from './read-shape.ts';

/** What Lambda tells of an invocation, as far as we read it. */
interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface TaskCall<Request> {
  readonly request: Request;
  /** The same in each of Lambda's own retries of an asynchronous invocation. */
  readonly requestId: string;
  /** Milliseconds since the epoch: when Lambda ends this. */
  readonly endsAt: number;
}

/** Not done, or not all of it: what a workflow is to see, under the name that its `Retry` goes by. */
export class TaskFailure extends Error {
  constructor(name: string, sentence: string) {
    super(sentence);
    this.name = name;
  }
}

/**
 * The edge of the functions that are a workflow's tasks [S4-03]. What was not done is never an answer: it fails
 * the invocation, by an error whose name tells `Retry` and `Catch` whether trying again would help.
 */
export const taskEdge =
  <Request, Answer extends object>(
    operation: string,
    props: { readonly shape: z.ZodMiniType<Request>; readonly refused: string },
    run: (call: TaskCall<Request>) => Promise<Answer>,
  ) =>
  async (payload: unknown, context: InvocationContext): Promise<Answer> => {
    try {
      return await run({
        request: readShape(payload ?? {}, props.shape),
        requestId: context.awsRequestId,
        endsAt: Date.now() + context.getRemainingTimeInMillis(),
      });
    } catch (fault) {
      if (fault instanceof TaskFailure) throw plainError(fault.message, fault.name);
      if (isFinal(fault)) throw plainError(sentence(fault), props.refused);
      logDefect('operation.failed', fault, { operation });
      throw plainError(`${operation} failed: its log says why.`);
    }
  };

/** The same again would be refused again. */
const isFinal = (fault: unknown): fault is Refusal =>
  fault instanceof Refusal && refusals[fault.code].status < 500;
