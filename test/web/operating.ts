import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { launchBrowser } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Look {
  readonly operates?: boolean;
  readonly dark?: boolean;
  /** What the address of a console has behind its `?`. */
  readonly key?: string;
}

export interface Screens {
  /** A screen in a browser context of its own; who operates has switched to it. */
  open(screen: string, look?: Look): Promise<Page>;
  /** What the browser has written of errors; none may be left when a test ends. */
  readonly complaints: string[];
}

/** The operator's screens, of the shared stage where no other is named, in a browser for the tests of one file. */
export function openScreens(console: () => string = () => inject('place').urls.console): Screens {
  const complaints: string[] = [];
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });

  return {
    complaints,
    async open(screen, { operates = false, dark = false, key = '' } = {}) {
      const context = await browser.newContext({
        colorScheme: dark ? 'dark' : 'light',
        locale: 'en-GB',
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // What is refused is an answer that the browser itself writes into its console.
        if (message.type() === 'error' && !message.text().includes('400')) {
          complaints.push(message.text());
        }
      });
      await page.goto(`${console()}/${key}#operate/${screen}`);
      if (operates) await page.getByRole('checkbox', { name: 'operate' }).check();
      await page.getByText('Asking …').first().waitFor({ state: 'detached' });
      return page;
    },
  };
}

export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { impact: string; id: string }[] }> };
    };
    const { violations } = await run.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id }) => id);
  });
}

export const rowOf = (page: Page, text: string): Locator =>
  page.getByRole('row').filter({ hasText: text });

export const confirm = async (scope: Page | Locator, name: string): Promise<void> => {
  await scope.getByRole('button', { name, exact: true }).click();
  await scope.getByRole('button', { name: 'Yes' }).click();
};
