// @ts-check
/**
 * What runs inside a function's own process, in the place of Lambda's Node.js runtime: loads the
 * handler, takes one request at a time from the stage and answers it.
 * Plain JavaScript, since stripping types would cost every cold start 20 ms and 17 MB.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { speakAsLambda } from './console.mjs';
import { setAhead } from './date.mjs';

/** @typedef {(event: unknown, context: object) => unknown} Handler */
/** @typedef {readonly [requestId: string, payload: string, remainingMs: number, functionArn: string, aheadMs: number]} Request */

const { env } = process;
const toStage = /** @type {(message: unknown, sent?: () => void) => void} */ (
  /** @type {unknown} */ (process.send?.bind(process))
);
// On AWS there is no such channel: a handler must not find one here.
process.send = undefined;
// The stage is gone, however it went: so is this process.
process.on('disconnect', () => process.exit());

let requestId = /** @type {string | undefined} */ (undefined);

speakAsLambda(() => requestId);
process.on('uncaughtException', (error) => die('Uncaught Exception', error));
process.on('unhandledRejection', (reason) =>
  die('Unhandled Promise Rejection', named('Runtime.UnhandledPromiseRejection', String(reason))),
);

try {
  const handler = await loadHandler(env.LAMBDA_TASK_ROOT ?? '', env._HANDLER ?? '');
  process.on('message', (/** @type {Request} */ request) => void answer(handler, request));
  toStage(['ready']);
} catch (error) {
  die('Uncaught Exception', error);
}

/** @param {Handler} handler @param {Request} request */
async function answer(handler, [id, event, remainingMs, invokedFunctionArn, aheadMs]) {
  requestId = id;
  setAhead(aheadMs);
  env._X_AMZN_TRACE_ID = traceIdOf(id);
  const deadline = Date.now() + remainingMs;
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn,
    awsRequestId: id,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    const result = await handler(JSON.parse(event), context);
    const payload = stringify(result);
    // What the handler set off in its last turn still runs before the process is frozen.
    await setImmediate();
    toStage(['answer', payload]);
  } catch (error) {
    report('Invoke Error', error);
    toStage(['error', ...described(error)]);
  }
}

/** Tells the stage what ended this process, and ends it. @param {string} what @param {unknown} error */
function die(what, error) {
  report(what, error);
  toStage(['fatal', ...described(error)], () => process.exit(1));
}

/** @param {unknown} result */
function stringify(result) {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw named('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
}

/** @param {string} root @param {string} handlerName @returns {Promise<Handler>} */
async function loadHandler(root, handlerName) {
  const file = basename(handlerName);
  const [, moduleName, path] = /^([^.]*)\.(.+)$/.exec(file) ?? [];
  if (!moduleName || !path || handlerName.includes('..')) {
    throw named('Runtime.MalformedHandlerName', `'${handlerName}' is not a valid handler name.`);
  }
  const folder = join(root, handlerName.slice(0, -file.length));
  const found = await importFrom(join(folder, moduleName), moduleName);
  const handler = valueAt(found, path) ?? valueAt(found.default, path);
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  }
  if (handler.length >= 3) {
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later.',
    );
  }
  return /** @type {Handler} */ (handler);
}

/** @param {string} stem @param {string} moduleName */
async function importFrom(stem, moduleName) {
  const path = ['', '.js', '.mjs', '.cjs'].map((extension) => stem + extension).find(isFile);
  try {
    if (path) return await import(pathToFileURL(path).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error));
    if (Object(error).code === 'MODULE_NOT_FOUND') {
      throw named('Runtime.ImportModuleError', String(error));
    }
    throw error;
  }
  throw named('Runtime.ImportModuleError', `Error: Cannot find module '${moduleName}'`);
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @param {unknown} holder @param {string} path */
function valueAt(holder, path) {
  return path.split('.').reduce((value, key) => Object(value)[key], holder);
}

/** What Lambda's API is told of an error. @param {unknown} error */
function rapid(error) {
  return types.isNativeError(error)
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** @param {unknown} error @returns {[payload: string, errorType: string]} */
function described(error) {
  const fields = rapid(error);
  return [JSON.stringify(fields), fields.errorType];
}

/** @param {string} name @param {string} message */
function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/** The form of an X-Ray trace id; the stage samples none. @param {string} id */
function traceIdOf(id) {
  const hex = id.replaceAll('-', '');
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${hex.slice(0, 24)};Parent=${hex.slice(-16)};Sampled=0`;
}

/** @param {string} what @param {unknown} error */
function report(what, error) {
  if (env.AWS_LAMBDA_LOG_FORMAT === 'JSON') console.error(error);
  else console.error(`${what} \t${JSON.stringify(rapid(error))}`);
}
