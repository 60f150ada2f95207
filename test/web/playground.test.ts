import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type {} from '../support/place.ts';
import { launchBrowser } from './browser.ts';

const { urls } = inject('place');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
const complaints: string[] = [];
const requested: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  const found = complaints.splice(0);
  // A refused edit is an answer that the browser itself writes into its console.
  expect(found.filter((text) => !text.includes('409 (Conflict)'))).toEqual([]);
});

/** The playground in a browser context of its own, with both people subscribed. */
async function openPlayground(options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => requested.push(request.url()));
  await page.goto(urls.console);
  const [joe, sam] = [paneOf(page, 'Joe'), paneOf(page, 'Sam')];
  for (const pane of [joe, sam]) {
    await pane.getByText('subscribed', { exact: true }).waitFor({ state: 'attached' });
  }
  return { page, joe, sam };
}

const paneOf = (page: Page, name: string): Locator =>
  page.getByRole('region', { name, exact: true });
const petOf = (pane: Locator, petId: string): Locator => pane.locator(`[data-pet="${petId}"]`);
const priceOf = (pane: Locator, petId: string): Locator => petOf(pane, petId).locator('.price');
const raise = (pane: Locator, name: string): Promise<void> =>
  pane.getByRole('button', { name: `${name} costs 1 more` }).click();

/** The types of the frames on a pane's wire, newest first. */
async function wireOf(pane: Locator): Promise<string[]> {
  const wire = pane.locator('details.wire');
  await wire.evaluate((details) => details.setAttribute('open', ''));
  return wire.locator('.frame-type').allInnerTexts();
}

async function higher(pane: Locator, petId: string): Promise<string> {
  const now = Number((await priceOf(pane, petId).innerText()).replace(/\D/g, ''));
  return `$${now + 1}`;
}

test('[S1-15] Joe and Sam, each in a browser of their own: Joe updates a pet, and Sam has it', async () => {
  const { joe } = await openPlayground();
  const { sam } = await openPlayground();
  expect(await wireOf(joe)).toEqual(['subscribed', 'subscribe', 'authenticated', 'authenticate']);
  const authenticated = joe.locator('.wire li', { hasText: 'authenticated' });
  expect(await authenticated.locator('pre').textContent()).toMatch(/"connectionId": "[^"]+"/);

  const expected = await higher(joe, 'luna');
  await raise(joe, 'Luna');
  await priceOf(sam, 'luna').getByText(expected, { exact: true }).waitFor();
  await priceOf(joe, 'luna').getByText(expected, { exact: true }).waitFor();
  expect((await wireOf(sam))[0]).toBe('notification');
});

test('[S1-08] what Joe changes is not sent back to him, and his page says why', async () => {
  const { joe, sam } = await openPlayground();
  await raise(joe, 'Rex');
  await petOf(sam, 'rex').getByText('after the click').waitFor();
  expect(await wireOf(joe)).not.toContain('notification');
  const hint = petOf(joe, 'rex').getByRole('button', { name: 'not echoed' });
  await hint.focus();
  await petOf(joe, 'rex').getByRole('tooltip').waitFor({ state: 'visible' });
});

test('each hop of the last update is shown with its time', async () => {
  const { page, joe } = await openPlayground();
  await raise(joe, 'Momo');
  const hops = page.locator('.hops');
  await hops.getByText('frame', { exact: true }).waitFor();
  const names = await hops.locator('.hop-name').allInnerTexts();
  expect(names.map((name) => name.split(' ')[0])).toEqual(
    'request transaction stream stamp fan-out post frame'.split(' '),
  );
  const cost = await page.getByText('What AWS would charge for').innerText();
  expect(cost).toMatch(/[1-9]\d* write and [\d.]+ read units of DynamoDB, [1-9]\d* messages? of/);
  expect(cost).toMatch(/[1-9][\d.]* m?s of functions\.$/);
  const times = await hops.locator('.hop-ms').allInnerTexts();
  expect(times.every((time) => /^(< )?[\d.]+ m?s$/.test(time))).toBe(true);
});

test('[S1-10] with his cable pulled Sam hears nothing; plugged in again, he has all that he missed', async () => {
  const { joe, sam } = await openPlayground();
  await sam.getByRole('button', { name: 'Pull the cable' }).click();
  await sam.getByText('Offline', { exact: true }).waitFor();
  const before = await priceOf(sam, 'kiwi').innerText();
  for (let edits = 0; edits < 3; edits += 1) {
    const expected = await higher(joe, 'kiwi');
    await raise(joe, 'Kiwi');
    await priceOf(joe, 'kiwi').getByText(expected, { exact: true }).waitFor();
    await petOf(joe, 'kiwi').getByText('saved').waitFor();
  }
  expect(await priceOf(sam, 'kiwi').innerText()).toBe(before);
  await sam.getByRole('button', { name: 'Plug it back in' }).click();
  await sam.getByText('3 missed messages').waitFor();
  expect(await priceOf(sam, 'kiwi').innerText()).toBe(await priceOf(joe, 'kiwi').innerText());
});

test('[G2] a message that gets lost shows as a hole on the wire, and is read before the next is believed', async () => {
  const { joe, sam } = await openPlayground();
  await sam.getByRole('button', { name: 'Lose a message' }).click();
  for (let edits = 0; edits < 2; edits += 1) {
    const expected = await higher(joe, 'rex');
    await raise(joe, 'Rex');
    await priceOf(joe, 'rex').getByText(expected, { exact: true }).waitFor();
    await petOf(joe, 'rex').getByText('saved').waitFor();
  }
  await sam.getByText('A hole: 1 missed message').waitFor();
  expect(await priceOf(sam, 'rex').innerText()).toBe(await priceOf(joe, 'rex').innerText());
  await wireOf(sam);
  const notes = await sam.locator('.wire .note').allInnerTexts();
  const hole = Number(/^waits for (\d+)$/.exec(notes.at(-1) ?? '')?.[1]);
  expect(notes[0]).toBe(`fills ${hole}–${hole + 1}`);
});

test('[S1-14] who saves upon an older version is told who was first, and sees their version', async () => {
  const { joe, sam } = await openPlayground();
  await sam.getByRole('button', { name: 'Edit Shelly' }).click();
  const expected = await higher(joe, 'shelly');
  await raise(joe, 'Shelly');
  await priceOf(sam, 'shelly').getByText(expected, { exact: true }).waitFor();
  await sam.getByLabel('Price').fill('999');
  await sam.getByRole('button', { name: 'Save' }).click();
  await petOf(sam, 'shelly').getByText('Joe was first').waitFor();
  expect(await priceOf(sam, 'shelly').innerText()).toBe(expected);
});

test('by keyboard alone a pet gets another name; what others write stays text', async () => {
  const { page, joe, sam } = await openPlayground();
  const name = '<img src=x onerror=alert(1)>';
  await joe.getByRole('button', { name: 'Edit Momo' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await petOf(sam, 'momo').getByRole('heading', { name, exact: true }).waitFor();
  expect(await page.locator('img').count()).toBe(0);
  const editAgain = joe.getByRole('button', { name: `Edit ${name}` });
  expect(await editAgain.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await page.keyboard.type('Momo');
  await page.keyboard.press('Enter');
  await petOf(sam, 'momo').getByRole('heading', { name: 'Momo', exact: true }).waitFor();
});

test.each([
  ['light', 1200],
  ['dark', 1200],
  ['light', 390],
  ['dark', 390],
] as const)(
  'in %s colours, %i pixels wide, everybody can read and use it',
  async (colorScheme, width) => {
    const { page, joe, sam } = await openPlayground({
      colorScheme,
      viewport: { width, height: 844 },
    });
    await raise(joe, 'Luna');
    await petOf(sam, 'luna').getByText('after the click').waitFor();
    await sam.getByRole('button', { name: 'Edit Rex' }).click();
    await wireOf(joe);
    await sam.getByRole('button', { name: 'Lose a message' }).click();
    await page.evaluate(axe);
    const faults = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html))',
    );
    expect(faults).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  },
);

test('nothing is asked of another host', async () => {
  await openPlayground();
  const hosts = new Set(requested.map((url) => new URL(url).hostname));
  expect([...hosts]).toEqual(['127.0.0.1']);
});
