import type * as z from 'zod/mini';
import { type InternalRefusal, internalCall, UNNAMED_ACTOR } from '../../contract/internal.ts';
import { Refusal, sentence } from '../../contract/refusals.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { logDefect } from './log.ts';
import { plainError } from './plain-error.ts';
import { readShape } from './read-shape.ts';

/**
 * The edge of the functions that IAM principals invoke [S0-14]. A payload of another shape is answered
 * with a refusal, because invoking again would not help; a defect is logged here once and fails the
 * invocation, so that it is tried again where AWS tries again, in words that tell nothing of the inside.
 */
export const internalEdge =
  <Request, Answer extends object>(
    operation: string,
    shape: z.ZodMiniType<Request>,
    run: (request: Request, call: AuditedCall) => Promise<Answer>,
  ) =>
  async (
    payload: unknown,
    { awsRequestId: requestId }: { readonly awsRequestId: string },
  ): Promise<Answer | InternalRefusal> => {
    try {
      const { actor = UNNAMED_ACTOR } = readShape(payload ?? {}, internalCall);
      const act: AuditedCall['act'] = (target) => ({ actor, act: operation, target, requestId });
      return await run(readShape(payload ?? {}, shape), { now: Date.now(), act });
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'malformed') {
        return { refused: { code: fault.code, message: sentence(fault) } };
      }
      logDefect('operation.failed', fault, { operation });
      throw plainError(`${operation} failed: its log says why.`);
    }
  };
