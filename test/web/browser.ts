import { type Browser, chromium } from 'playwright-core';

/** A real Chromium: the one from npm where it runs, an installed Chrome elsewhere. */
export async function launchBrowser(): Promise<Browser> {
  const hasOwn = process.platform === 'linux' && process.arch === 'x64';
  if (hasOwn) {
    const { default: packaged } = await import('@sparticuz/chromium');
    const executablePath = await packaged.executablePath();
    return chromium.launch({ executablePath, args: ['--no-sandbox'], headless: true });
  }
  return chromium.launch({ channel: 'chrome', headless: true }).catch((cause: Error) => {
    throw new Error('The page is tested in a real browser: install Google Chrome.', { cause });
  });
}
