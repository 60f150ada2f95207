import type { Fact, Journal } from '../../contract/journal.ts';

/**
 * One line a fact: `log('session.ended', { sessionId })`. Ids and counts only; no token, password, code,
 * payload or body. Lambda's JSON log format makes the object a JSON line with time, level and request id.
 */
export const log = (fact: string, about: Readonly<Record<string, unknown>> = {}): void =>
  console.info({ fact, ...about });

/** A fact that is part of the life of a connection or session. */
export const note = <Name extends Fact>(fact: Name, about: Journal[Name]): void =>
  log(fact, { ...about });

/** A defect, once, at the edge, with its cause. */
export const logDefect = (
  fact: string,
  cause: unknown,
  about: Readonly<Record<string, unknown>> = {},
): void => console.error({ fact, ...about, cause: describe(cause) });

const describe = (cause: unknown) =>
  cause instanceof Error
    ? { name: cause.name, message: cause.message, stack: cause.stack }
    : { message: String(cause) };
