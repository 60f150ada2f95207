import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openScreens, rowOf, seriousFindings } from './operating.ts';

/** [S2-11] The command `console`: the operator's screens of what runs elsewhere, as a deployment does. */

const place = inject('place');
const script = resolve(import.meta.dirname, '../../bin/switchboard.ts');
let folder: string;
let outputs: string;
let console: ChildProcess;
/** With its key. */
let address: URL;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchboard-console-'));
  outputs = join(folder, 'outputs.json');
  writeFileSync(outputs, JSON.stringify({ Everything: place.outputs }));
  console = type('--port', '0', '--json');
  for await (const line of createInterface({ input: console.stdout as NodeJS.ReadableStream })) {
    address = new URL(JSON.parse(line).url);
    break;
  }
});
afterAll(async () => {
  console.kill('SIGINT');
  const [code] = await once(console, 'exit');
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
});

/** With the credentials that the environment has, as those of a profile would be. */
const type = (...options: readonly string[]): ChildProcess =>
  spawn(process.execPath, [script, 'console', ...options, '--outputs', outputs], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...place.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const { open, complaints } = openScreens(() => address.origin);

test('only who has the key of its address gets in', async () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, address), { headers, redirect: 'manual' });
  // As many letters as the key has, but more bytes.
  const wide = `/?key=${'é'.repeat(32)}`;
  for (const path of ['/', '/operator/functions', '/?key=', '/?key=x', wide, '/console/facts']) {
    const refused = await ask(path);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({
      message: 'Open the address that the terminal shows: its key lets you in.',
    });
  }
  const wayOn = await ask(`/${address.search}`);
  expect([wayOn.status, wayOn.headers.get('location')]).toEqual([303, '/']);
  const [cookie = ''] = wayOn.headers.getSetCookie();
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  const [pair = ''] = cookie.split(';');
  expect((await ask('/operator/functions', { cookie: `other=1; ${pair}` })).status).toBe(200);
  expect((await ask('/operator/functions', { cookie: `${pair}x` })).status).toBe(401);
});

test('it has the operator’s screens alone, told from what AWS answers', async () => {
  const page = await open('overview', { key: address.search });
  await page.getByText(`You look after ${place.outputs.DeploymentName}`).waitFor();
  expect(await page.getByRole('navigation', { name: 'Sections' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Gates' }).count()).toBe(0);
  await page.getByText('Active connections').first().waitFor();
  await page.getByText(`the dashboard ${place.outputs.DashboardName} in CloudWatch`).waitFor();
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await page.getByLabel('Session').waitFor();
  expect(await page.getByLabel('Show').count()).toBe(0);
  await page.getByRole('link', { name: 'Configuration' }).click();
  await rowOf(page, 'GRACE_SECONDS').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('what it cannot do it says, and ends', async () => {
  for (const [options, sentence] of [
    [['--port', 'x'], '--port takes a whole number'],
    [['--port', '70000'], '--port takes a whole number'],
    [['--port', address.port], `Port ${address.port} is taken`],
  ] as const) {
    const other = type(...options);
    let said = '';
    other.stderr?.setEncoding('utf8').on('data', (chunk) => (said += chunk));
    const [code] = await once(other, 'close');
    expect([code, said]).toEqual([2, expect.stringContaining(sentence)]);
  }
});
