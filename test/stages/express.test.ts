import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NotificationRow, topicKey } from '../../contract/tables.ts';
import { newPerson, operatorDocuments } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { openSocket } from '../support/socket.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore, newPet } from '../support/store.ts';
import { until } from '../support/until.ts';

describe('a stage whose publishers hand messages on at once', () => {
  let place: Place;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ place, stop } = await startTestStage({ settings: { 'switchboard:express': 'true' } }));
  });
  afterAll(() => stop());

  it('brings them, and notes that the stream need not', async () => {
    const joe = await newPerson(place, 'acme');
    const pet = await newPet(place, 'acme');
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    await socket.ask({ action: 'authenticate', token: joe.token, sessionId: 'tab' });
    await socket.ask({ action: 'subscribe', topics: ['Pet'] });
    for (const version of [1, 2]) {
      const body = { version, price: version };
      const answer = await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body });
      expect(answer.status).toBe(200);
    }
    const { id } = await socket.next(({ seq }) => seq === 2);
    const row = await until(async () => {
      const { Item } = await operatorDocuments(place).send(
        new GetCommand({
          TableName: place.outputs.NotificationsTableName,
          Key: { topic: topicKey('acme', 'Pet'), id },
        }),
      );
      return Item?.told ? (Item as NotificationRow) : undefined;
    }, 'the note');
    expect(row).toMatchObject({ seq: 2, told: true });
    await socket.close();
  });
});
