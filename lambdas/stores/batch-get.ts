import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { BATCH_GET_ITEMS } from '../../contract/limits.ts';
import { inPieces } from '../platform/parallel.ts';

type Keys = Record<string, unknown>[];
interface Answer {
  readonly Responses?: Record<string, Record<string, unknown>[]>;
  readonly UnprocessedKeys?: Record<string, { readonly Keys?: Keys | undefined }>;
}

/**
 * Reads rows by their keys, consistently unless told otherwise; those that exist, in no order. Each key once at the
 * most.
 */
export async function batchGet(
  documents: DynamoDBDocumentClient,
  table: string,
  keys: readonly Record<string, unknown>[],
  { isConsistent = true } = {},
): Promise<Record<string, unknown>[]> {
  const readPiece = async (piece: Keys): Promise<Record<string, unknown>[]> => {
    const rows: Record<string, unknown>[] = [];
    let left: Keys | undefined = piece;
    while (left !== undefined && left.length > 0) {
      const answer: Answer = await documents.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: left, ConsistentRead: isConsistent } },
        }),
      );
      rows.push(...(answer.Responses?.[table] ?? []));
      left = answer.UnprocessedKeys?.[table]?.Keys;
    }
    return rows;
  };
  return (await Promise.all(inPieces(keys, BATCH_GET_ITEMS).map(readPiece))).flat();
}
