import { expect, inject, test } from 'vitest';
import { newPerson, type Person } from '../support/people.ts';
import { openSocket, type TestSocket } from '../support/socket.ts';
import { callStore, newPet } from '../support/store.ts';
import { confirm, openScreens, rowOf, seriousFindings } from './operating.ts';

/** [S2-09] Who is connected, and what becomes of them: screens of the operator. */

const place = inject('place');
const { open } = openScreens();
const HOSTILE = '<img src=x onerror="document.title=1">';

interface Guest extends Person {
  readonly socket: TestSocket;
  readonly connectionId: string;
}

async function enter(sessionId = 'tab'): Promise<Guest> {
  const person = await newPerson(place);
  const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
  const { token } = person;
  const reply = await socket.ask({ action: 'authenticate', v: 1, token, sessionId });
  expect(reply.type).toBe('authenticated');
  await socket.ask({ action: 'subscribe', topics: ['Pet'] });
  return { ...person, socket, connectionId: String(reply.connectionId) };
}

test('[S2-09] a user’s connections are listed, and one is dropped when it is asked about', async () => {
  const joe = await enter();
  const page = await open(`connections?user=${joe.userId}`, { operates: true });
  const row = rowOf(page, joe.connectionId);
  await row.getByText(joe.userId).waitFor();
  await confirm(row, `Drop: ${joe.connectionId}`);
  await joe.socket.closed;
  await row.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByText('has no active connection').waitFor();
});

test('who only looks sees no act that can be done', async () => {
  const joe = await enter();
  const page = await open(`connections?user=${joe.userId}`);
  const drop = rowOf(page, joe.connectionId).getByRole('button', { name: /^Drop/ });
  expect(await drop.isDisabled()).toBe(true);
  await joe.socket.close();
});

test('[S2-10] a user is told with sessions and the life of each, and is shut out', async () => {
  const joe = await enter('desk');
  const page = await open(`users?user=${joe.userId}`, { operates: true });
  await page.getByRole('heading', { name: `${joe.userId} is online` }).waitFor();
  await rowOf(page, 'desk').getByText(joe.connectionId).waitFor();
  await page.getByRole('button', { name: 'desk', exact: true }).click();
  const life = page.getByRole('region', { name: 'The life of desk' });
  await life.getByText('session.bound').first().waitFor();
  await life.getByText('session.subscribed').first().waitFor();
  await life.getByRole('rowheader', { name: 'Pet' }).waitFor();
  expect(page.url()).toContain('session=desk');

  await confirm(page, 'Revoke: this user');
  await page.getByText('1 session ended, 1 connection closed.').waitFor();
  await joe.socket.closed;
  await page.getByRole('heading', { name: `${joe.userId} is offline` }).waitFor();
  await page.getByText('are refused').waitFor();

  await page.goto(`${place.urls.console}/#operate/audit`);
  await page.getByLabel('Find').fill(joe.userId);
  await rowOf(page, `user#default#${joe.userId}`).first().getByText('done').waitFor();
});

test('what nobody can be is refused, and shown as it is', async () => {
  const page = await open('users');
  await page.getByText('Type the id of a user').waitFor();
  await page.getByLabel('User id').fill(HOSTILE);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'is offline' }).getByText(HOSTILE).waitFor();
  await page.getByText('No session of this user is known').waitFor();
  expect(await page.locator('main img, .operate img').count()).toBe(0);
  expect(await page.title()).not.toBe('1');
});

test('topics are listed with their newest number; of one, who listens', async () => {
  const joe = await enter();
  const pet = await newPet(place, 'default');
  const body = { version: 1, price: 7 };
  expect((await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body })).status).toBe(200);
  await joe.socket.next(({ type }) => type === 'notification');
  const page = await open('topics');
  await page.getByLabel('Find').fill('Pet');
  await page.getByRole('button', { name: 'Pet', exact: true }).first().click();
  await page.getByRole('region', { name: 'Who listens to Pet' }).getByText('now, and').waitFor();
  await page.getByLabel('Find').fill('nothing is called so');
  await page.getByText('No topic has that in its name.').waitFor();
  await joe.socket.close();
});

test('[S2-08] [S2-09] the overview tells what was delivered, each number with a way to what is behind it', async () => {
  const joe = await enter();
  const pet = await newPet(place, 'default');
  const body = { version: 1, price: 7 };
  expect((await callStore(place, joe, 'PUT', `/pets/${pet.petId}`, { body })).status).toBe(200);
  await joe.socket.next(({ type }) => type === 'notification');
  const page = await open('overview');
  const delivered = page.getByRole('link', { name: /^Delivered \d+ in all/ });
  await delivered.waitFor();
  const chart = page.getByRole('region', { name: 'Delivered' });
  await chart.getByText(/delivered: \d+/).waitFor();
  expect(await chart.locator('canvas').count()).toBe(1);
  await delivered.click();
  await page.getByRole('heading', { name: 'Topics' }).waitFor();
  await joe.socket.close();
});

test.each(['overview', 'connections', 'users?user=nobody', 'topics', 'audit'])(
  'the screen of %s has no serious finding of axe, in both colour schemes',
  async (screen) => {
    for (const dark of [false, true]) {
      expect(await seriousFindings(await open(screen, { dark, operates: true }))).toEqual([]);
    }
  },
);
