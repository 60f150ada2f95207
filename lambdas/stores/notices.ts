import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Notice } from '../../contract/protocol.ts';
import type { SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { ex, holds, updating } from './expression.ts';
import { sessionKey } from './sessions.ts';

/** Its client is being told; false when it was told before, or there is a newer one. */
export const dropNotice = (
  { documents, tables }: Reaches<{ sessions: 'update' }>,
  session: SessionName,
  notice: Notice,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.sessions.name,
        Key: sessionKey(session),
        ...updating(ex`REMOVE #notice`, ex`#notice = ${notice}`),
      }),
    ),
  );
