import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { StreamRow } from './engine-file.ts';
import { type Item, itemSize } from './item-size.ts';

export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** What a function gets of one change, as Lambda hands it over (R, behaviour sheet 2.1). */
export interface StreamEvent {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly dynamodb: {
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: StreamViewType;
  };
  readonly eventSourceARN: string;
  /** Only of items that time to live removed. */
  readonly userIdentity?: unknown;
}

export interface StreamFace {
  readonly arn: string;
  readonly region: string;
  readonly viewType: StreamViewType;
}

/** The event of a row, whose images are both there. Undefined for a write that changed nothing: AWS streams none. */
export function streamEventOf(
  row: StreamRow,
  { arn, region, viewType }: StreamFace,
  createdAtMs: number,
): StreamEvent | undefined {
  const keys: Item = JSON.parse(row.keys);
  const newImage: Item | undefined = row.newImage === null ? undefined : JSON.parse(row.newImage);
  const oldImage: Item | undefined = row.oldImage === null ? undefined : JSON.parse(row.oldImage);
  // The engine writes keys in any order, but equal items in equally many characters.
  const isSameLength = row.newImage?.length === row.oldImage?.length;
  if (newImage && oldImage && isSameLength && areEqual(newImage, oldImage)) {
    return undefined;
  }
  const shownNew = viewType.startsWith('NEW') ? newImage : undefined;
  const shownOld = viewType === 'NEW_IMAGE' || viewType === 'KEYS_ONLY' ? undefined : oldImage;
  return {
    eventID: hash('md5', `${arn}/${row.sequence}`),
    eventName: row.eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(createdAtMs / 1_000),
      Keys: keys,
      ...(shownNew && { NewImage: shownNew }),
      ...(shownOld && { OldImage: shownOld }),
      SequenceNumber: sequenceNumber(row.sequence),
      SizeBytes: itemSize(keys) + itemSize(shownNew ?? {}) + itemSize(shownOld ?? {}),
      StreamViewType: viewType,
    },
    eventSourceARN: arn,
    ...(row.removedBy !== null && { userIdentity: JSON.parse(row.removedBy) }),
  };
}

/** AWS's have 21 to 40 digits and leave gaps: nobody can take them for a count. */
function sequenceNumber(sequence: number): string {
  return `1${String(sequence).padStart(20, '0')}`;
}

function areEqual(one: Item, other: Item): boolean {
  return isDeepStrictEqual(sorted(one), sorted(other));
}

/** Sets have no order; everything else stays as it is. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      /^[SNB]S$/.test(name) && Array.isArray(inner) ? [...inner].sort() : sorted(inner),
    ]),
  );
}
