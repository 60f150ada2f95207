// @ts-check
import { format } from 'node:util';

/**
 * From now on the console writes lines of Lambda's two formats; in JSON, only those of the function's level.
 * @param {() => string | undefined} requestId of the request at work; there is none while the module loads
 */
export function speakAsLambda(requestId) {
  const { env } = process;
  const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
  const asJson = env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
  const least = asJson ? levels.indexOf(env.AWS_LAMBDA_LOG_LEVEL ?? 'INFO') : 0;
  const methods = { trace: 0, debug: 1, log: 2, info: 2, warn: 3, error: 4 };
  for (const [method, level] of Object.entries(methods)) {
    const write = (/** @type {unknown[]} */ ...values) => {
      if (level < least) return;
      const line = (asJson ? jsonLine : textLine)(levels[level] ?? '', requestId(), values);
      // One event is one line: Lambda writes line feeds inside it as carriage returns.
      process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
    };
    Object.assign(console, { [method]: write });
  }
}

/** @param {string} level @param {string | undefined} requestId @param {unknown[]} values */
function textLine(level, requestId, values) {
  return [new Date().toISOString(), requestId, level, format(...values)].map(String).join('\t');
}

/** @param {string} level @param {string | undefined} requestId @param {unknown[]} values */
function jsonLine(level, requestId, values) {
  const head = { timestamp: new Date().toISOString(), level, requestId };
  if (values.length !== 1) {
    const error = values.find((value) => value instanceof Error);
    return JSON.stringify({ ...head, message: format(...values), ...(error && spread(error)) });
  }
  try {
    return JSON.stringify({ ...head, message: values[0] }, (_key, value) =>
      value instanceof Error ? { ...spread(value), ...value } : value,
    );
  } catch {
    return JSON.stringify({ ...head, message: format(values[0]) });
  }
}

/** @param {Error} error */
function spread(error) {
  return {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: (error.stack ?? '').split('\n'),
  };
}
