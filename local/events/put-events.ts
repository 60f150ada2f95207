import { randomUUID } from 'node:crypto';
import { AwsFault, type Principal, type StageContext } from '../service.ts';
import { type BusEvent, isoSeconds } from './event.ts';
import { busArn } from './names.ts';

/** As the JSON protocol writes an entry of PutEvents; a time is in seconds since the epoch. */
interface Entry {
  readonly Time?: number;
  readonly Source?: string;
  readonly Resources?: readonly string[];
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly EventBusName?: string;
}

type Result =
  | { readonly EventId: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string };

/** Takes an accepted event; `bus` is as the caller named it. */
export type Accept = (event: BusEvent, bus: string | undefined) => void;

const MOST_ENTRIES = 10;
/** Bytes of all entries together (since 2026; 256 KB before). */
const LARGEST_CALL = 1_048_576;
/** What a time counts for in an entry's size (D, PutEvents entry size). */
const TIME_SIZE = 14;

/**
 * PutEvents (behaviour sheet 2.2): what concerns the call is thrown, what concerns one entry is in its
 * result and in `FailedEntryCount`. Events are kept when it returns.
 */
export function putEvents(
  context: StageContext,
  input: unknown,
  principal: Principal,
  accept: Accept,
): { FailedEntryCount: number; Entries: Result[] } {
  const entries = checkedEntries(input);
  for (const { EventBusName, Source, DetailType } of entries) {
    // One entry that is not allowed refuses the whole call (R); what AWS asks of `events:source` is D only.
    context.access.demand(principal, 'events:PutEvents', busArn(context, EventBusName), {
      ...(Source !== undefined && { 'events:source': Source }),
      ...(DetailType !== undefined && { 'events:detail-type': DetailType }),
      'events:eventBusInvocation': 'false',
    });
  }
  const total = entries.reduce((bytes, entry) => bytes + sizeOf(entry), 0);
  if (total > LARGEST_CALL) {
    throw new AwsFault(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  const results = entries.map((entry) => putEntry(context, entry, accept));
  return {
    FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
    Entries: results,
  };
}

function checkedEntries(entries: unknown): readonly Entry[] {
  const length = Array.isArray(entries) ? entries.length : 0;
  if (length === 0 || length > MOST_ENTRIES) {
    const bound =
      length === 0 ? 'greater than or equal to 1' : `less than or equal to ${MOST_ENTRIES}`;
    throw new AwsFault(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
    );
  }
  for (const entry of entries as Array<Entry | null>) {
    const { Time, Source, DetailType, Detail, EventBusName, Resources = [] } = entry ?? {};
    const texts = [Source, DetailType, Detail, EventBusName, ...[Resources].flat()];
    const isWellFormed =
      entry !== null &&
      texts.every((text) => text === undefined || typeof text === 'string') &&
      (Time === undefined || (typeof Time === 'number' && Math.abs(Time) <= LAST_SECOND));
    if (!isWellFormed) throw new AwsFault('SerializationException', 'An entry is malformed.');
  }
  return entries as Entry[];
}

/** The furthest that a `Date` reaches. */
const LAST_SECOND = 8_640_000_000_000;

function putEntry({ clock, region, account }: StageContext, entry: Entry, accept: Accept): Result {
  const { Time, Source, DetailType, Detail, Resources = [], EventBusName } = entry;
  if (!Source) return missing('Source');
  if (!DetailType) return missing('DetailType');
  if (!Detail) return missing('Detail');
  if (Source.startsWith('aws.')) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  }
  const detail = objectIn(Detail);
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const id = randomUUID();
  accept(
    {
      version: '0',
      id,
      'detail-type': DetailType,
      source: Source,
      account,
      time: isoSeconds(Time === undefined ? clock.now() : Time * 1_000),
      region,
      resources: Resources,
      detail,
    },
    EventBusName,
  );
  return { EventId: id };
}

function missing(name: string): Result {
  return {
    ErrorCode: 'InvalidArgument',
    ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function sizeOf({ Time, Source, DetailType, Detail, Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  const bytes = texts.reduce((sum, text = '') => sum + Buffer.byteLength(text), 0);
  return bytes + (Time === undefined ? 0 : TIME_SIZE);
}
