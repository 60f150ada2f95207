import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, inject, it } from 'vitest';
import { createClient } from '../../client/client.ts';
import { encrypting, importKey } from '../../client/encryption.ts';
import { PAYLOAD_BYTES, RETENTION_SECONDS } from '../../contract/limits.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { sealingKey, sealPayload } from '../../lambdas/platform/sealing.ts';
import { newPerson, operatorDocuments } from '../support/people.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const reach = {
  documents: operatorDocuments(place),
  tables: {
    notifications: { name: place.outputs.NotificationsTableName ?? '', rights: { put: true } },
  },
  retentionSeconds: RETENTION_SECONDS,
} as const;

it('[S3-12] what is sealed reaches those with the key, by frames, references and resume, and stands in no table, log or archive', async () => {
  const tenant = `t-${randomUUID()}`;
  const joe = await newPerson(place, tenant);
  const name = { tenant, topic: 'Pet', kid: '2026-11' };
  const bytes = sealingKey(randomBytes(32), name);
  const key = await importKey(new Uint8Array(bytes));
  const word = `secret-${randomUUID()}`;
  const say = (payload: unknown) =>
    publish(reach, {
      tenant,
      topics: ['Pet'],
      payload: sealPayload(payload, name.kid, bytes),
      now: Date.now(),
    });

  const url = place.outputs.WebSocketUrl ?? '';
  const client = encrypting(createClient({ url, getToken: () => joe.token }), {
    keyOf: (kid) => (kid === name.kid ? key : undefined),
  });
  const got: string[] = [];
  const troubles: unknown[] = [];
  client.on('error', (trouble) => troubles.push(trouble));
  const isFollowed = new Promise((resolve) => client.on('subscribed', resolve));
  client.subscribe('Pet', (payload, { seq }) => got.push(`${seq} ${String(payload).slice(0, 60)}`));
  client.connect();
  await isFollowed;

  await say(`${word} 1`);
  // With its third more in a box it is just about the largest that there can be.
  await say(`${word} 2${'x'.repeat(PAYLOAD_BYTES * 0.7)}`);
  await until(() => got.length === 2 || undefined, 'a frame, and a reference');
  client.disconnect();
  await say(`${word} 3`);
  client.connect();
  await until(() => got.length === 3 || undefined, 'what was missed');
  client.disconnect();
  expect(got.map((text) => text.slice(0, word.length + 4))).toEqual(
    [1, 2, 3].map((seq) => `${seq} ${word} ${seq}`),
  );
  expect(troubles).toEqual([]);

  const { Items = [] } = await reach.documents.send(
    new ScanCommand({ TableName: reach.tables.notifications.name, ConsistentRead: true }),
  );
  expect(JSON.stringify(Items)).toContain(tenant);
  expect(JSON.stringify(Items)).not.toContain(word);
  const archived = await until(() => {
    const text = everyFile('archives');
    return text.includes(tenant) ? text : undefined;
  }, 'the event of the notification');
  expect(archived).not.toContain(word);
  expect(everyFile('logs')).not.toContain(word);
});

/** All that the stage has written there. */
function everyFile(folder: string): string {
  const path = join(place.directory, folder);
  return readdirSync(path)
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .join('\n');
}
