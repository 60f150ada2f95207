import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BATCH_WRITE_ITEMS } from '../../contract/limits.ts';
import { inParallel, inPieces } from '../../lambdas/platform/parallel.ts';
import { newConnection } from '../../rules/connection.ts';
import { operatorDocuments } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { startTestStage } from '../support/stage.ts';
import { openScreens } from '../web/operating.ts';

/** Ten thousand connections on one screen, of a stage of its own: nobody else is to meet them. */

const MANY = 10_000;
let place: Place;
let stop: () => Promise<void>;

beforeAll(async () => {
  const settings = { 'switchboard:samples': 'pet-store' };
  ({ place, stop } = await startTestStage({ settings, withPage: true }));
  // Young ones: no sweep judges them yet.
  const rows = Array.from({ length: MANY }, (_, at) =>
    newConnection(`crowd-${String(at).padStart(5, '0')}`, 'CONNECTED', Date.now()),
  );
  const documents = operatorDocuments(place);
  const table = place.outputs.ConnectionsTableName ?? '';
  await inParallel(inPieces(rows, BATCH_WRITE_ITEMS), 8, (piece) => {
    const requests = piece.map((Item) => ({ PutRequest: { Item } }));
    return documents.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  });
});
afterAll(() => stop());
const { open } = openScreens(() => place.urls.console);

test('[S2-09] is quick to look through: few rows are there, and scrolling comes to the last', async () => {
  const page = await open('connections');
  const table = page.getByRole('region', { name: 'Active connections' });
  const said = page.getByRole('status').filter({ hasText: 'connections' });
  await said.filter({ hasText: 'and more as you scroll' }).waitFor();
  const rows = () => table.locator('tbody tr').count();
  const bounded = 100;
  expect(await rows()).toBeLessThan(bounded);
  const scrollToEnd = () => table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await expect
    .poll(
      async () => {
        await scrollToEnd();
        return said.innerText();
      },
      { timeout: 15_000 },
    )
    // The page is connected itself.
    .toMatch(/^100\d\d connections\.$/);
  await scrollToEnd();
  expect(await rows()).toBeLessThan(bounded);
  const all = await table.getByRole('table').getAttribute('aria-rowcount');
  await table.locator(`tr[aria-rowindex="${all}"]`).waitFor();

  await page.getByLabel('Find in what is listed').fill('crowd-07');
  await page.getByText(/^1000 connections of 100\d\d listed\.$/).waitFor();
  expect(page.url()).toContain('find=crowd-07');
  await page.getByLabel('Find in what is listed').fill('nobody');
  await page.getByText('None of those listed has that in it.').waitFor();
});
