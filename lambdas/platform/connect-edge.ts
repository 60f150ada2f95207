import { Refusal, refusals } from '../../contract/refusals.ts';
import { log, logDefect } from './log.ts';
import { measure } from './metrics.ts';
import { type SocketAnswer, type SocketCallerFacts, socketEdge } from './socket-edge.ts';

/**
 * The edge of `$connect`: a refusal is the status of the handshake, everything else 503 [S3-05]; API Gateway lets
 * nothing else be said, so the log has the reason.
 */
export const connectEdge = (run: (facts: SocketCallerFacts) => Promise<SocketAnswer>) =>
  socketEdge('$connect', async (facts) => {
    const { connectionId } = facts;
    try {
      return await run(facts);
    } catch (fault) {
      if (fault instanceof Refusal) {
        log('connect.refused', { connectionId, code: fault.code });
        return { statusCode: refusals[fault.code].status };
      }
      measure({ ConnectionErrors: 1 });
      logDefect('connect.failed', fault, { connectionId });
      return { statusCode: 503 };
    }
  });
