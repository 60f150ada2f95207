import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { httpOperations } from '../../contract/http.ts';
import { FRAME_BYTES, MESSAGE_BYTES, RETENTION_SECONDS } from '../../contract/limits.ts';
import type { Reference, Referred } from '../../contract/protocol.ts';
import { publish } from '../../lambdas/flows/publish.ts';
import { newPerson, operatorDocuments, type Person } from '../support/people.ts';
import { type Frame, openSocket } from '../support/socket.ts';
import { callStore } from '../support/store.ts';

const place = inject('place');
const reach = {
  documents: operatorDocuments(place),
  tables: {
    notifications: { name: place.outputs.NotificationsTableName ?? '', rights: { put: true } },
  },
  retentionSeconds: RETENTION_SECONDS,
} as const;

const newTenant = () => `t-${randomUUID()}`;

const say = (tenant: string, topic: string, payload: unknown) =>
  publish(reach, { tenant, topics: [topic], payload, now: Date.now() });

async function listen(person: Person, topic: string, accepts?: readonly string[]) {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  await socket.ask({ action: 'authenticate', token: person.token, sessionId: 'tab', accepts });
  await socket.ask({ action: 'subscribe', topics: [topic] });
  return socket;
}

const isMessage = (frame: Frame) => frame.type === 'notification';

const follow = ({ href }: Reference, person?: Person) =>
  fetch(href, person && { headers: { authorization: `Bearer ${person.token}` } });

describe('a message that no frame holds', () => {
  it('comes as a reference that its reader follows, and whole to an older client', async () => {
    const tenant = newTenant();
    const [joe, sam] = [await newPerson(place, tenant), await newPerson(place, tenant)];
    const newer = await listen(joe, 'Pet', ['references', 'packs', 'something new']);
    const older = await listen(sam, 'Pet');
    const payload = { text: 'é'.repeat(FRAME_BYTES), number: 1 };
    await say(tenant, 'Pet', payload);

    const { reference } = (await newer.next(isMessage)) as unknown as { reference: Reference };
    expect(reference.bytes).toBe(Buffer.byteLength(JSON.stringify(payload)));
    const answer = await follow(reference, joe);
    expect(answer.status).toBe(200);
    expect((await answer.json()) as Referred).toEqual({ payload });
    expect(await older.next(isMessage)).toMatchObject({ seq: 1, payload });
  });

  it('is a reference to everybody when API Gateway would not take it', async () => {
    const tenant = newTenant();
    const sam = await newPerson(place, tenant);
    const socket = await listen(sam, 'Pet');
    const payload = 'x'.repeat(MESSAGE_BYTES);
    await say(tenant, 'Pet', payload);
    const { reference } = (await socket.next(isMessage)) as unknown as { reference: Reference };
    expect(await (await follow(reference, sam)).json()).toEqual({ payload });
  });

  it('[S1-13] is read under the policy of its topic alone', async () => {
    const tenant = newTenant();
    const [joe, sam, stranger] = [
      await newPerson(place, tenant),
      await newPerson(place, tenant),
      await newPerson(place, newTenant()),
    ];
    const topic = `user/${joe.userId}/inbox`;
    const socket = await listen(joe, topic, ['references']);
    await say(tenant, topic, 'x'.repeat(FRAME_BYTES));
    const { reference } = (await socket.next(isMessage)) as unknown as { reference: Reference };

    expect((await follow(reference, joe)).status).toBe(200);
    expect((await follow(reference)).status).toBe(401);
    expect((await follow(reference, sam)).status).toBe(403);
    expect((await follow(reference, stranger)).status).toBe(403);
    const elsewhere = new URL(reference.href);
    elsewhere.searchParams.set('topic', 'Pet');
    expect((await follow({ ...reference, href: elsewhere.href }, sam)).status).toBe(404);
  });

  it('refuses what names no message', async () => {
    const joe = await newPerson(place, newTenant());
    const { path } = httpOperations.readPayload;
    const ask = (query: string) => callStore(place, joe, 'GET', `${path}${query}`);
    expect(await ask('')).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(await ask('?topic=Pet')).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(await ask('?topic=a%23b&id=x')).toMatchObject({ body: { code: 'topic-invalid' } });
    expect(await ask('?topic=Pet&id=%23head')).toMatchObject({ status: 404 });
    expect(await ask('?topic=Pet&id=never')).toMatchObject({ body: { code: 'not-found' } });
  });
});
