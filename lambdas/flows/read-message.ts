import type { DirectMessageReport } from '../../contract/direct-message.ts';
import { isNotificationId } from '../../contract/names.ts';
import { Refusal } from '../../contract/refusals.ts';
import { seconds } from '../../rules/connection.ts';
import { reportOf } from '../../rules/direct-message.ts';
import type { Identity } from '../../rules/identity.ts';
import type { Reaches } from '../platform/reach.ts';
import { getMessage } from '../stores/direct-messages.ts';

/** What became of a message of this user's own [S3-02]. Refuses `not-found`, also for somebody else's. */
export async function readMessage(
  reach: Reaches<{ messages: 'get' }>,
  { tenant, userId }: Pick<Identity, 'tenant' | 'userId'>,
  messageId: string,
  now: number,
): Promise<DirectMessageReport> {
  const row = isNotificationId(messageId) ? await getMessage(reach, messageId) : undefined;
  const isTheirs = row?.tenant === tenant && row.userId === userId && row.ttl > seconds(now);
  if (!isTheirs) throw new Refusal('not-found');
  return reportOf(row);
}
