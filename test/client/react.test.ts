import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { launchBrowser } from '../web/browser.ts';
import { startTinySwitchboard } from './tiny-switchboard.ts';

let switchboard: Awaited<ReturnType<typeof startTinySwitchboard>>;
let browser: Browser;
let server: Server;
let prices: { status: number; body: object };
let complaints: string[];

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['test/client/react-app.tsx'],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  });
  const [script] = outputFiles;
  server = createServer(({ url = '' }, answer) => {
    if (url.startsWith('/prices')) {
      answer.writeHead(prices.status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify(prices.body));
    } else if (url === '/app.js') {
      answer.writeHead(200, { 'content-type': 'text/javascript' });
      answer.end(script?.text);
    } else {
      answer.writeHead(200, { 'content-type': 'text/html' });
      answer.end('<!doctype html><body><script type="module" src="/app.js"></script>');
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  switchboard = await startTinySwitchboard();
  prices = { status: 200, body: { Rex: 100 } };
  complaints = [];
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await switchboard.stop();
  expect(complaints).toEqual([]);
});

async function openApp(): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isOurs = !message.text().includes('503') && !message.text().includes('WebSocket');
    if (message.type() === 'error' && isOurs) complaints.push(message.text());
  });
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/?socket=${encodeURIComponent(switchboard.url)}`);
  return page;
}

/** Until what a component shows is this, and whatever else. */
const shows = (page: Page, id: 'store' | 'last' | 'connection', known: object) =>
  eventually(async () => {
    const text = await page.locator(`#${id}`).innerText();
    expect(JSON.parse(text)).toMatchObject(known);
  });

const actions = () => switchboard.heard.map(({ action }) => action);
const topics = () => [...switchboard.sessions.values()].flatMap((one) => [...one.topics]);

test('a component has what was loaded, changed by each message, and renders without subscribing anew', async () => {
  const page = await openApp();
  await shows(page, 'store', { data: { Rex: 100 }, state: 'live', recovered: true });
  await shows(page, 'connection', { name: 'connected' });
  const before = actions().length;
  switchboard.publish('Pet', { name: 'Luna', price: 7 });
  switchboard.publish('Pet', { name: 'Luna', price: 8 });
  await shows(page, 'store', { data: { Rex: 100, Luna: 8 } });
  await shows(page, 'last', { name: 'Luna', seq: 2, state: 'live' });
  expect(actions()).toHaveLength(before);
});

test('a state that cannot be loaded says why, and appears when it can', async () => {
  prices = { status: 503, body: {} };
  const page = await openApp();
  await shows(page, 'store', { state: 'failed', error: 'load-failed' });
  prices = { status: 200, body: { Rex: 1 } };
  await shows(page, 'store', { data: { Rex: 1 }, state: 'live' });
  expect(JSON.parse(await page.locator('#store').innerText())).not.toHaveProperty('error');
});

test('[G4] what is lost is loaded anew, or said', async () => {
  const page = await openApp();
  await shows(page, 'store', { state: 'live' });
  switchboard.publish('Pet', { name: 'Luna', price: 7 });
  await shows(page, 'store', { data: { Luna: 7 } });
  prices = { status: 200, body: { Rex: 5 } };
  switchboard.forget('Pet');
  switchboard.cut();
  await shows(page, 'store', { data: { Rex: 5 }, state: 'live', recovered: true });
  const { data } = JSON.parse(await page.locator('#store').innerText());
  expect(data).toEqual({ Rex: 5 });
  await shows(page, 'last', { name: 'Luna', recovered: false });
});

test('a component that goes over to another topic begins anew, and the first one is given up', async () => {
  switchboard.publish('Shop', { name: 'old', price: 0 });
  const page = await openApp();
  await shows(page, 'last', { state: 'live' });
  switchboard.publish('Pet', { name: 'Luna', price: 7 });
  await shows(page, 'last', { name: 'Luna' });
  await page.getByRole('button', { name: 'Shop' }).click();
  await shows(page, 'last', { state: 'live' });
  expect(JSON.parse(await page.locator('#last').innerText())).not.toHaveProperty('name');
  switchboard.publish('Shop', { name: 'open', price: 0 });
  await shows(page, 'last', { name: 'open', seq: 2 });
});

test('a topic that is refused is told by its component', async () => {
  switchboard.intercept((message, socket) => {
    if (message.action !== 'subscribe' || !message.topics.includes('Shop')) return false;
    const { id, action } = message;
    const why = {
      code: 'topic-not-allowed',
      status: 403,
      message: 'No rule opens this topic to you.',
    };
    socket.send(JSON.stringify({ type: 'refused', id, action, ...why }));
    return true;
  });
  const page = await openApp();
  await page.getByRole('button', { name: 'Shop' }).click();
  await shows(page, 'last', { state: 'failed', error: 'topic-not-allowed' });
});

test('who is unmounted unsubscribes, and with the provider the connection ends', async () => {
  const page = await openApp();
  await eventually(() => expect(topics()).toEqual(['Pet']));
  await page.getByRole('button', { name: 'Close' }).click();
  await eventually(() => expect(topics()).toEqual([]));
  await page.evaluate('dispatchEvent(new Event("unmount"))');
  const sockets = () => [...switchboard.sessions.values()].flatMap((one) => [...one.sockets]);
  await eventually(() => expect(sockets()).toEqual([]));
});
