/** A request that came to no answer: what the caller gets, and the name of the error in it. */
export interface Failure {
  /** JSON text with `errorType` and `errorMessage`, as Lambda writes it. */
  readonly payload: string;
  readonly errorType: string;
}

const answerLimit = 6_291_556;

/** The function was still at work when its time was up. */
export function timeoutFailure(requestId: string, limitMs: number): Failure {
  const seconds = (limitMs / 1000).toFixed(2);
  return ofRuntime('Sandbox.Timedout', requestId, `Task timed out after ${seconds} seconds`);
}

/** The process ended before it answered. */
export function exitFailure(requestId: string, reason: string): Failure {
  return ofRuntime('Runtime.ExitError', requestId, reason);
}

/** An answer beyond what Lambda passes on; undefined for any other. */
export function sizeFailure(payload: string): Failure | undefined {
  if (payload.length * 3 <= answerLimit || Buffer.byteLength(payload) <= answerLimit) return;
  return failure(
    'Function.ResponseSizeTooLarge',
    `Response payload size exceeded maximum allowed payload size (${answerLimit} bytes).`,
  );
}

/** Lambda's words for how a process went. */
export function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `Runtime exited with error: signal: ${signalNames[signal] ?? signal}`;
  return code === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${code}`;
}

const signalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

function ofRuntime(errorType: string, requestId: string, reason: string): Failure {
  return failure(errorType, `RequestId: ${requestId} Error: ${reason}`);
}

function failure(errorType: string, errorMessage: string): Failure {
  return { payload: JSON.stringify({ errorType, errorMessage }), errorType };
}
