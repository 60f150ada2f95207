import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { SessionName } from '../../contract/tables.ts';
import type { Reaches } from '../platform/reach.ts';
import { type Expression, ex, holds, together, updating } from './expression.ts';
import { type PlayerName, playerRowKey } from './players.ts';
import { isNotRevokedFor } from './revocation.ts';
import { sessionKey } from './sessions.ts';

type Reach = Reaches<{ sessions: 'update' }>;

/** Shuts a session to every token that was issued until then; false where there is none, or it is shut for longer. */
export const barSession = (reach: Reach, session: SessionName, until: number): Promise<boolean> =>
  bar(
    reach,
    sessionKey(session),
    ex`SET #revokedUntil = ${until}`,
    together(ex`attribute_exists(#state) AND`, isNotRevokedFor(until)),
  );

/** Shuts every session of a user to tokens issued until then, also of one who never had any; false when shut for longer. */
export const barPlayer = (reach: Reach, player: PlayerName, until: number): Promise<boolean> =>
  bar(
    reach,
    playerRowKey(player),
    ex`SET #revokedUntil = ${until} ADD #version ${0}`,
    isNotRevokedFor(until),
  );

const bar = (
  { documents, tables }: Reach,
  Key: Readonly<Record<string, unknown>>,
  change: Expression,
  condition: Expression,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({ TableName: tables.sessions.name, Key, ...updating(change, condition) }),
    ),
  );
