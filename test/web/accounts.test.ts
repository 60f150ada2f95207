import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { USER_NAME_CHARACTERS } from '../../contract/limits.ts';
import type {} from '../support/place.ts';
import { launchBrowser } from './browser.ts';

const { urls, users } = inject('place');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PASSWORD = 'Correct-Horse-9-Battery';
const WRONG = 'User name or password is not right.';

let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  // A refusal is an answer that the browser itself writes into its console.
  const found = complaints.splice(0).filter((text) => !/status of (401|404|409)/.test(text));
  expect(found).toEqual([]);
});

/** The second section in a browser context of its own, with the list there. */
async function openPeople(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${urls.console}/#people`);
  await online(page).getByText('looks on for this list').waitFor();
  return page;
}

const account = (page: Page): Locator => page.getByRole('region', { name: 'Your account' });
const online = (page: Page): Locator => page.getByRole('region', { name: 'Who is online' });
const events = (page: Page): Locator => page.getByRole('region', { name: 'Who came, who went' });
const show = (page: Page, section: 'Playground' | 'Who is there'): Promise<void> =>
  page.getByRole('link', { name: section, exact: true }).click();
const paneOf = (page: Page, name: string): Locator =>
  page.getByRole('region', { name, exact: true });

async function signIn(page: Page, userName: string, password: string): Promise<void> {
  await account(page).getByLabel('User name').fill(userName);
  await account(page).getByLabel('Password').fill(password);
  await account(page).getByRole('button', { name: 'Sign in' }).click();
}

/** Nothing, however long, reaches over the edge. */
const isWithin = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth <= innerWidth');

/** The short session id in a pane's head. */
async function sessionOf(page: Page, name: string): Promise<string> {
  await show(page, 'Playground');
  const session = await paneOf(page, name).locator('.pane-head code').innerText();
  await show(page, 'Who is there');
  return session;
}

async function signUp(page: Page, userName: string): Promise<void> {
  await account(page).getByLabel('User name').fill(userName);
  await account(page).getByLabel('Password').fill(PASSWORD);
  await account(page).getByRole('button', { name: 'Sign up' }).click();
}

test('[S0-02] with the code that the page offers somebody signs up, once, and sits beside Joe and Sam', async () => {
  const page = await openPeople();
  const name = `<img/src=x/onerror=alert(1)>-${randomUUID()}`.padEnd(USER_NAME_CHARACTERS - 6, 'W');
  await account(page).getByText('Sign up', { exact: true }).click();
  await account(page).getByRole('button', { name: 'Use this code' }).click();
  await account(page).getByText('Good until').waitFor();
  const code = await account(page).getByLabel('Invitation code').inputValue();
  expect(code).toMatch(/^(\w{4}-){3}\w{4}$/);
  // Refused for its name, at that field, and the code is still good for another one.
  await signUp(page, users[0]?.userName ?? '');
  await page.locator('input[name=userName][aria-invalid=true]:focus').waitFor();
  await account(page).getByText('This user name is taken').waitFor();
  await signUp(page, name);
  await account(page).getByRole('heading', { name }).waitFor();
  await online(page).getByRole('heading', { name }).waitFor();
  await show(page, 'Playground');
  await paneOf(page, name).getByText('Connected', { exact: true }).waitFor();
  await paneOf(page, name).getByRole('heading', { name: 'Luna' }).waitFor();
  expect(await page.locator('img').count()).toBe(0);
  expect(await isWithin(page)).toBe(true);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await isWithin(page)).toBe(true);

  await show(page, 'Who is there');
  expect(await isWithin(page)).toBe(true);
  await account(page).getByRole('button', { name: 'Sign out' }).click();
  await account(page).getByText(`${name} is signed out.`).waitFor();
  expect(await paneOf(page, name).count()).toBe(0);

  await account(page).getByText('Sign up', { exact: true }).click();
  const field = account(page).getByLabel('Invitation code');
  // As somebody would type it who reads it from paper.
  await field.pressSequentially(code.toLowerCase().replaceAll('-', ''));
  expect(await field.inputValue()).toBe(code);
  await signUp(page, `${name}-again`);
  await account(page).getByText('This invitation is not valid').waitFor();
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  await page.locator('input[name=inviteCode]:focus').waitFor();
});

test('[S0-04] what is no code is said at its field as soon as it is left, without asking anybody', async () => {
  const page = await openPeople();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await account(page).getByText('Sign up', { exact: true }).click();
  const field = account(page).getByLabel('Invitation code');
  await field.pressSequentially('abcde');
  expect(await field.inputValue()).toBe('ABCD-E');
  await page.keyboard.press('Tab');
  await account(page).getByText('That is no whole code').waitFor();
  expect(asked).not.toContain('/validateInvitation');
});

test('[S0-01] a wrong password and an unknown user are told the same sentence', async () => {
  const page = await openPeople();
  for (const userName of [users[0]?.userName ?? '', `nobody-${randomUUID()}`]) {
    await signIn(page, userName, 'Wrong-Horse-9-Battery');
    await account(page).getByRole('alert').getByText(WRONG, { exact: true }).waitFor();
  }
  expect(await account(page).getByRole('heading', { level: 3 }).count()).toBe(0);
});

test('[S0-08] [S0-10] who signs in appears in the list, a reload changes nothing, who signs out is gone after the grace time', async () => {
  const page = await openPeople();
  const [, sam] = users;
  const name = sam?.userName ?? '';
  await signIn(page, name, sam?.password ?? '');
  await account(page).getByRole('heading', { name }).waitFor();
  const before = await sessionOf(page, name);
  await online(page).getByText(before).waitFor();
  const came = events(page).getByRole('listitem').filter({ hasText: before });
  await came.getByText('Session Connect').waitFor();

  await page.reload();
  await account(page).getByRole('heading', { name }).waitFor();
  const session = await sessionOf(page, name);
  await online(page).getByText(session).waitFor();

  await account(page).getByRole('button', { name: 'Sign out' }).click();
  const gone = events(page).getByRole('listitem').filter({ hasText: session });
  await gone.getByText('Session Disconnect').waitFor();
  await online(page).getByText(session).waitFor({ state: 'detached' });
});

test('[S0-10] a cable that is back within the grace time makes no event, one that stays out ends the session', async () => {
  const page = await openPeople();
  const [joe, sam] = [await sessionOf(page, 'Joe'), await sessionOf(page, 'Sam')];
  const of = (session: string) => events(page).getByRole('listitem').filter({ hasText: session });
  await online(page).getByText(joe).waitFor();
  await online(page).getByText(sam).waitFor();

  await show(page, 'Playground');
  await paneOf(page, 'Sam').getByRole('button', { name: 'Pull the cable' }).click();
  await paneOf(page, 'Sam').getByRole('button', { name: 'Plug it back in' }).click();
  await paneOf(page, 'Sam').getByText('Connected', { exact: true }).waitFor();
  await paneOf(page, 'Joe').getByRole('button', { name: 'Pull the cable' }).click();
  await show(page, 'Who is there');
  // Joe's cable was pulled later: when his end is told, Sam's would have been.
  await of(joe).getByText('Session Disconnect').waitFor();
  await online(page).getByText(joe).waitFor({ state: 'detached' });
  expect(await of(sam).getByText('Session Disconnect').count()).toBe(0);
  await online(page).getByText(sam).waitFor();

  await show(page, 'Playground');
  await paneOf(page, 'Joe').getByRole('button', { name: 'Plug it back in' }).click();
  await show(page, 'Who is there');
  await online(page).getByText(joe).waitFor();
});

test('by keyboard alone, from the playground to a signed-in account; the URL keeps the section', async () => {
  const page = await openPeople();
  await page.goto(urls.console);
  await page.getByRole('link', { name: 'Who is there' }).focus();
  await page.keyboard.press('Enter');
  expect(page.url()).toMatch(/#people$/);
  await page.reload();
  await account(page).getByLabel('User name').focus();
  await page.keyboard.type(users[0]?.userName ?? '');
  await page.keyboard.press('Tab');
  await page.keyboard.type(users[0]?.password ?? '');
  await page.keyboard.press('Enter');
  await account(page).getByRole('button', { name: 'Sign out' }).waitFor();
  await page.locator('#account-title:focus').waitFor();
});

test.each([
  ['light', 1200],
  ['dark', 1200],
  ['light', 390],
  ['dark', 390],
] as const)(
  'in %s colours, %i pixels wide, everybody can read and use it',
  async (colorScheme, width) => {
    const page = await openPeople({ colorScheme, viewport: { width, height: 844 } });
    await account(page).getByText('Sign up', { exact: true }).click();
    await account(page).getByLabel('Invitation code').fill('abcd');
    await account(page).getByLabel('User name').focus();
    await account(page).getByText('That is no whole code').waitFor();
    await online(page).getByRole('button', { name: 'grace time' }).focus();
    await online(page).getByRole('tooltip').waitFor({ state: 'visible' });
    await events(page).getByRole('listitem').first().waitFor();
    await page.evaluate(axe);
    const faults = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html))',
    );
    expect(faults).toEqual([]);
    expect(await isWithin(page)).toBe(true);
  },
);
