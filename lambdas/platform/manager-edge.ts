import type { ManagerAnswer, ManagerFailure } from '../../contract/connection-manager.ts';
import { Refusal, refusals, sentence } from '../../contract/refusals.ts';
import { logDefect } from './log.ts';
import { measure } from './metrics.ts';

/**
 * The edge of the connection manager: whatever happens is an answer with a status [S2-06]. A refusal has
 * that of its code; a service that is overloaded is `busy`; every other fault is logged here once and told
 * in words that say nothing of the inside.
 */
export const managerEdge =
  (run: (payload: unknown, call: ManagerCall) => Promise<object>) =>
  async (
    payload: unknown,
    { awsRequestId: requestId }: { readonly awsRequestId: string },
  ): Promise<ManagerAnswer> => {
    const began = performance.now();
    const answer = await answerOf(() => run(payload, { now: Date.now(), requestId }));
    measure({
      ManagerAnswers: 1,
      ManagerErrors: answer.statusCode >= 500 ? 1 : 0,
      ManagerTime: performance.now() - began,
    });
    return answer;
  };

interface ManagerCall {
  readonly now: number;
  readonly requestId: string;
}

async function answerOf(run: () => Promise<object>): Promise<ManagerAnswer> {
  try {
    return { statusCode: 200, body: await run() };
  } catch (fault) {
    const refusal = fault instanceof Refusal ? fault : undefined;
    if (refusal === undefined) logDefect('operation.failed', fault, { operation: 'manage' });
    return failure(refusal ?? (isOverload(fault) ? new Refusal('busy') : undefined));
  }
}

function failure(refusal: Refusal | undefined): ManagerAnswer {
  const body: ManagerFailure = refusal
    ? { code: refusal.code, message: sentence(refusal) }
    : { code: 'internal', message: 'Something failed here: the log says what.' };
  return { statusCode: refusal ? refusals[refusal.code].status : 500, body };
}

const OVERLOADS = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'InternalServerError',
]);

const isOverload = (fault: unknown): boolean => fault instanceof Error && OVERLOADS.has(fault.name);
