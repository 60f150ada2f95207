import { randomUUID } from 'node:crypto';
import { BatchWriteCommand, type BatchWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { DirectMessageReport } from '../../contract/direct-message.ts';
import { httpOperations, IDEMPOTENCY_HEADER } from '../../contract/http.ts';
import { FRAME_BYTES, RECIPIENTS_PER_PAGE } from '../../contract/limits.ts';
import { newConnection } from '../../rules/connection.ts';
import { newMember, newPerson, operatorDocuments, type Person } from '../support/people.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { callStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const { path } = httpOperations.sendMessage;
const tenant = `t-${randomUUID()}`;
let ada: Person;
let sam: Person;

beforeAll(async () => {
  [ada, sam] = await Promise.all([
    newMember(place, [`tenant:${tenant}`, 'scope:switchboard/messages']),
    newPerson(place, tenant),
  ]);
});

async function come({ token }: Person, sessionId = 'tab'): Promise<TestSocket> {
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  await socket.ask({ action: 'authenticate', token, sessionId });
  return socket;
}

async function send(body: unknown, person: Person | undefined = ada, key?: string) {
  const options = { body, ...(key !== undefined && { headers: { [IDEMPOTENCY_HEADER]: key } }) };
  const answer = await callStore(place, person, 'POST', path, options);
  return { ...answer, report: answer.body as never as DirectMessageReport };
}

const read = (id: string, person = ada) => callStore(place, person, 'GET', `${path}/${id}`);
const isMessage = ({ type }: { readonly type?: unknown }) => type === 'message';
const hello = { text: 'hello' };

describe('a direct message', () => {
  it('[S3-02] reaches whom its criteria mean, once under one key, and nobody else', async () => {
    const [tab, phone, eves] = await Promise.all([
      come(sam),
      come(sam, 'phone'),
      come(await newPerson(place, `t-${randomUUID()}`)),
    ]);
    await tab.ask({ action: 'subscribe', topics: ['Pet'] });
    const body = { to: { userIds: [sam.userId], topics: ['Pet'] }, message: hello };
    const { status, report } = await send(body, ada, 'once');
    const { id } = report;
    const counts = { recipients: 1, delivered: 1, gone: 0, failed: 0 };
    expect([status, report]).toEqual([200, { id, state: 'done', ...counts }]);
    expect(await send(body, ada, 'once')).toMatchObject({ status: 200, report });
    expect(await read(id)).toEqual({ status: 200, body: report });
    expect(await read(id, sam)).toMatchObject({ status: 404 });

    expect(await tab.next(isMessage)).toEqual({
      ...{ type: 'message', id, payload: hello },
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    // Everybody of the tenant, and of no other; answered after whatever was on its way.
    expect((await send({ to: { all: true }, message: 1 })).report).toMatchObject({ delivered: 2 });
    for (const socket of [tab, phone, eves]) await socket.ask({ type: 'ping' });
    const heard = [tab, phone, eves].map(({ frames }) => frames.filter(isMessage).length);
    expect(heard).toEqual([2, 1, 0]);
    await Promise.all([tab, phone, eves].map((socket) => socket.close()));
  });

  it('[S3-10] needs the scope, and a token at all', async () => {
    const body = { to: { all: true }, message: hello };
    expect(await send(body, sam)).toMatchObject({ status: 403, body: { code: 'scope-needed' } });
    const { status } = await callStore(place, undefined, 'POST', path, { body });
    expect(status).toBe(401);
  });

  it.each([
    [400, 'malformed', {}],
    [400, 'malformed', { to: {}, message: 1 }],
    [400, 'malformed', { to: { all: true } }],
    [400, 'malformed', { to: { userIds: ['a#b'] }, message: 1 }],
    [403, 'tenant-not-allowed', { to: { all: true, tenant: 'other' }, message: 1 }],
    [403, 'topic-not-allowed', { to: { topics: ['user/other'] }, message: 1 }],
    [413, 'too-large', { to: { all: true }, message: 'x'.repeat(FRAME_BYTES) }],
  ])('%i %s: nothing comes of it', async (status, code, body) => {
    expect(await send(body)).toMatchObject({ status, body: { code } });
  });

  it('takes no key that is none, and no other message under the same one', async () => {
    const body = { to: { connectionIds: ['nobody-0000='] }, message: 1 };
    expect(await send(body, ada, 'a b')).toMatchObject({ status: 400 });
    expect(await send(body, ada, 'twice')).toMatchObject({ status: 200 });
    const other = { ...body, message: 2 };
    expect(await send(other, ada, 'twice')).toMatchObject({
      status: 409,
      body: { code: 'id-taken' },
    });
  });

  it('[S3-02] to more than a page of recipients is answered at once, and its progress read', async () => {
    const crowded = `t-${randomUUID()}`;
    const [bob, ann] = await Promise.all([
      newMember(place, [`tenant:${crowded}`, 'scope:switchboard/messages']),
      newPerson(place, crowded),
    ]);
    const socket = await come(ann);
    await writeGhosts(crowded, RECIPIENTS_PER_PAGE);
    const { status, report } = await send({ to: { all: true }, message: hello }, bob);
    const { id } = report;
    const recipients = RECIPIENTS_PER_PAGE + 1;
    expect([status, report]).toEqual([
      202,
      { id, state: 'sending', recipients, delivered: 0, gone: 0, failed: 0 },
    ]);
    const isDone = async () => {
      const { body } = await read(id, bob);
      return body.state === 'done' ? body : undefined;
    };
    const done = await until(isDone, 'the last page', 40_000);
    // The sockets of the others are none: they have left.
    expect(done).toMatchObject({ recipients, delivered: 1, gone: recipients - 1, failed: 0 });
    expect(await socket.next(isMessage)).toMatchObject({ id, payload: hello });
    const again = await send({ to: { all: true }, message: hello }, bob);
    expect(again.report).toMatchObject({ state: 'done', recipients: 1, delivered: 1 });
    await socket.close();
  }, 60_000);
});

/** Connections whose sockets were lost without a word, as the table has them. */
async function writeGhosts(of: string, count: number): Promise<void> {
  const documents = operatorDocuments(place);
  const since = Date.now() - 120_000;
  for (let at = 0; at < count; at += 25) {
    const writes = Array.from({ length: Math.min(25, count - at) }, () => {
      const connectionId = `${randomUUID().replaceAll('-', '').slice(0, 15)}=`;
      const Item = { ...newConnection(connectionId, 'CONNECTED', since), tenant: of };
      return { PutRequest: { Item } };
    });
    const RequestItems: BatchWriteCommandInput['RequestItems'] = {
      [place.outputs.ConnectionsTableName ?? '']: writes,
    };
    await documents.send(new BatchWriteCommand({ RequestItems }));
  }
}
