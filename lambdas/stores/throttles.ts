import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { bucketKey } from '../../contract/tables.ts';
import type { Window } from '../../rules/throttle.ts';
import type { Reaches } from '../platform/reach.ts';
import { ex, holds, updating } from './expression.ts';

/** Takes one try of this window; false when all of them are used up. One write, whatever the answer. */
export const takeTry = (
  { documents, tables }: Reaches<{ throttles: 'update' }>,
  whose: string,
  window: Window,
  most: number,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.throttles.name,
        Key: { bucket: bucketKey(whose, window.number) },
        ...updating(
          ex`SET #ttl = ${window.endsAt} ADD #used ${1}`,
          ex`attribute_not_exists(#used) OR #used < ${most}`,
        ),
      }),
    ),
  );
