/**
 * Which records of a batch a function reported as failed (`ReportBatchItemFailures`), by AWS's table
 * (R, behaviour sheet 2.1): an empty answer is success; a malformed one, or one that names a record
 * which is not in the batch, fails the whole batch.
 *
 * `payload` is the function's answer as JSON text; `identifiers` are the batch's own.
 */
export function reportedFailures(
  payload: string,
  identifiers: ReadonlySet<string>,
): ReadonlySet<string> | 'all' {
  const answer = read(payload);
  if (answer === null || Array.isArray(answer)) return NONE;
  // AWS's answer to a bare string or number is not known: the unkind reading.
  if (typeof answer !== 'object') return 'all';
  const { batchItemFailures: reported } = answer as { batchItemFailures?: unknown };
  if (reported === undefined || reported === null) return NONE;
  if (!Array.isArray(reported)) return 'all';

  const failed = new Set<string>();
  for (const one of reported) {
    const identifier: unknown = one?.itemIdentifier;
    if (typeof identifier !== 'string' || !identifiers.has(identifier)) return 'all';
    failed.add(identifier);
  }
  return failed;
}

const NONE: ReadonlySet<string> = new Set();

/** A function that returns nothing answers with `null`, or with no text at all. */
function read(payload: string): unknown {
  try {
    return payload === '' ? null : JSON.parse(payload);
  } catch {
    return payload;
  }
}
