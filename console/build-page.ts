import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** Everything that the page is built from; folders too, which change when a file goes. */
const SOURCES = ['web/**', 'client/**', 'contract/**'];
const BUILT = 'web/dist';

const changedAt = (file: string) => statSync(file).mtimeMs;

/** Builds the page unless what is built is newer than its sources. Gives a sentence about what was done. */
export async function buildPage(directory: string, signal: AbortSignal): Promise<string> {
  const index = join(directory, BUILT, 'index.html');
  const sources = globSync(SOURCES, { cwd: directory, exclude: [BUILT, `${BUILT}/**`] });
  const newest = Math.max(...sources.map((file) => changedAt(join(directory, file))));
  if (existsSync(index) && changedAt(index) >= newest) return 'built before';
  const { code, said } = await run({
    command: ['node', 'node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn'],
    directory,
    signal,
  });
  if (code !== 0) throw new Error(`The page does not build: ${said.split('\n    at ')[0]?.trim()}`);
  return 'built';
}

export const builtPage = (directory: string) => join(directory, BUILT);
