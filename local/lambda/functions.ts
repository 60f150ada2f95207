import { randomBytes, randomUUID } from 'node:crypto';
import { callerName } from '../access/caller-name.ts';
import {
  AwsFault,
  type Functions,
  type Invocation,
  type Service,
  type StageContext,
} from '../service.ts';
import { answerConfiguration } from './configuration-api.ts';
import { environmentFor } from './environment.ts';
import { createEventQueue } from './event-queue.ts';
import { sizeFailure } from './failures.ts';
import { createFunctionLog, type FunctionLog, splitLines } from './function-log.ts';
import { answerInvokeApi } from './invoke-api.ts';
import { type Leash, startLeash } from './leash.ts';
import { createPool, type Pool } from './pool.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { type FunctionSettings, readSettings } from './settings.ts';

/** A function of the template as the stage runs it. */
interface Running {
  readonly settings: FunctionSettings;
  readonly pool: Pool;
  readonly log: FunctionLog;
}

/** Every `AWS::Lambda::Function` of the template, in processes of its own, and Lambda's invoke API. */
export function createFunctions(context: StageContext): Functions & Service {
  const running = new Map<string, Running>();
  const bySession = new Map<string, Sandbox>();
  const events = createEventQueue(context, runFunction);
  let leash: Leash | undefined;

  function functionAt(functionArn: string): Running {
    const found = running.get(unqualified(functionArn));
    if (found) return found;
    throw new AwsFault('ResourceNotFoundException', `Function not found: ${functionArn}`, 404);
  }

  async function runFunction(
    functionArn: string,
    payload: string,
    by: string,
    requestId: string = randomUUID(),
  ): Promise<Invocation> {
    const { settings, pool, log } = functionAt(functionArn);
    const at = context.clock.now();
    const started = performance.now();
    const outcome = await pool.run({ requestId, payload, aheadMs: context.clock.ahead() });
    const failed = 'errorType' in outcome ? outcome : sizeFailure(outcome.payload);
    if (failed && isOfPlatform(failed.errorType)) log.line(messageOf(failed.payload));
    context.trace.record({
      at,
      durationMs: performance.now() - started,
      kind: 'invoke',
      by,
      what: 'lambda:Invoke',
      on: settings.logicalId,
      outcome: failed?.errorType ?? 'ok',
      detail: { requestId },
    });
    return failed
      ? { requestId, payload: failed.payload, error: 'Unhandled', errorType: failed.errorType }
      : { requestId, payload: outcome.payload };
  }

  const functions: Functions = {
    async invoke(functionArn, payload, caller) {
      context.access.demandInvoke(caller, unqualified(functionArn));
      return runFunction(functionArn, payload, callerName(context.assembly, caller));
    },
    invokeLater(functionArn, payload, caller) {
      context.access.demandInvoke(caller, unqualified(functionArn));
      events.add(
        functionAt(functionArn).settings.arn,
        payload,
        callerName(context.assembly, caller),
      );
    },
    kill(accessKeyId) {
      const sandbox = bySession.get(accessKeyId);
      void sandbox?.end();
      return sandbox !== undefined;
    },
  };

  return {
    ...functions,
    name: 'lambda',
    scopes: ['lambda'],
    handle: async (call) =>
      answerConfiguration(call, context, (functionArn) => functionAt(functionArn).settings) ??
      answerInvokeApi(call, context, functions, (functionArn) => {
        const { settings, log } = functionAt(functionArn);
        return { logicalId: settings.logicalId, logTail: (characters) => log.tail(characters) };
      }),
    async start() {
      const held = startLeash();
      leash = held;
      for (const fn of context.assembly.ofType('AWS::Lambda::Function')) {
        const settings = readSettings(fn, context);
        running.set(settings.arn, startFunction(settings, context, held, bySession));
      }
      events.start();
      return `${running.size} functions`;
    },
    async stop() {
      events.stop();
      await Promise.all([...running.values()].map(({ pool }) => pool.stop()));
      await Promise.all([...running.values()].map(({ log }) => log.close()));
      await leash?.end();
    },
  };
}

function startFunction(
  settings: FunctionSettings,
  context: StageContext,
  leash: Leash,
  bySession: Map<string, Sandbox>,
): Running {
  const log = createFunctionLog(settings, context);
  const pool = createPool(settings.reservedConcurrency, () => {
    const day = new Date(context.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    const logStream = `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
    const session = context.access.openSession(settings.id);
    const sandbox = startSandbox(
      settings,
      environmentFor(settings, context, logStream, session),
      leash,
      splitLines((line) => log.line(line)),
    );
    bySession.set(session.accessKeyId, sandbox);
    void sandbox.gone.then(() => {
      bySession.delete(session.accessKeyId);
      session.close();
    });
    return sandbox;
  });
  return { settings, pool, log };
}

/** The handler's own errors are in the log already: the runtime wrote them. */
function isOfPlatform(errorType: string): boolean {
  return /^(Sandbox\.|Runtime\.ExitError|Function\.)/.test(errorType);
}

function messageOf(payload: string): string {
  return (JSON.parse(payload) as { errorMessage: string }).errorMessage;
}

/** `$LATEST` is the only version there is here. */
function unqualified(functionArn: string): string {
  return functionArn.replace(/:\$LATEST$/, '');
}
