import { DEFAULT_TENANT } from '../contract/names.ts';
import { Refusal, sentence } from '../contract/refusals.ts';
import { publish as publishTo } from '../lambdas/flows/publish.ts';
import { openDocuments } from '../operator/aws.ts';
import { Refused, UsageError } from '../operator/errors.ts';
import type { Command } from './command.ts';

/** Publishes as any function with `grantPublish` would: one row, which the stream takes from there. */
export const publish: Command = {
  usage: 'TOPIC[,TOPIC…] PAYLOAD [--tenant T] [--id ID]',
  says: 'publishes a message; PAYLOAD is JSON, or else taken as text',
  options: ['tenant', 'id'],
  words: [2, 2],
  async run(place, { words: [topics = '', payload = ''], options: { tenant, id } }) {
    const reach = {
      documents: openDocuments(place),
      tables: {
        notifications: {
          name: place.output('NotificationsTableName'),
          rights: { put: true },
        },
      },
      retentionSeconds: Number(place.output('RetentionSeconds')),
      express: undefined,
    } as const;
    const publication = {
      tenant: tenant ?? DEFAULT_TENANT,
      topics: topics.split(','),
      payload: readPayload(payload),
      now: Date.now(),
      ...(id !== undefined && { id }),
    };
    try {
      const { notificationId } = await publishTo(reach, publication);
      return { json: { notificationId }, sentence: `Published as ${notificationId}.` };
    } catch (fault) {
      if (fault instanceof Refusal) throw new Refused(sentence(fault));
      throw fault;
    }
  },
};

function readPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*[[{"]/.test(text)) throw new UsageError('PAYLOAD begins like JSON and is none.');
    return text;
  }
}
