import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundle } from '../../lib/bundle.ts';
import { PROJECT_FOLDER } from '../../lib/bundled-code.ts';
import { Mistake } from '../../lib/mistake.ts';

let source: string;
let target: string;

beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), 'switchboard-bundle-'));
  target = join(source, 'out');
});
afterAll(() => rm(source, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(source, file)), { recursive: true });
  await writeFile(join(source, file), text);
}

const bundleOf = (entry: string) => join(target, entry, 'index.mjs');
const load = (entry: string) =>
  import(pathToFileURL(bundleOf(entry)).href) as Promise<{ readonly handler: () => unknown }>;

describe('bundle', () => {
  it('makes one module for each entry that stands alone', async () => {
    await write('shared.ts', 'export const greeting: string = "hello";');
    await write(
      'lambdas/a.ts',
      'import { greeting } from "../shared.ts"; export const handler = () => greeting + " from a";',
    );
    await write(
      'lambdas/b.ts',
      'import { greeting } from "../shared.ts"; export const handler = () => greeting + " from b";',
    );
    const sizes = await bundle(['lambdas/a', 'lambdas/b'], { source, target });

    expect((await load('lambdas/a')).handler()).toBe('hello from a');
    expect((await load('lambdas/b')).handler()).toBe('hello from b');
    expect(await readdir(join(target, 'lambdas/a'))).toEqual(['index.mjs']);
    expect(sizes.get('lambdas/a')).toBe((await stat(bundleOf('lambdas/a'))).size);
  });

  it('imports none of the modules of Node, whether ES modules or CommonJS ask for them', async () => {
    await write('old.cjs', 'module.exports = require("http").STATUS_CODES[410];');
    await write(
      'builtins.ts',
      `import { randomUUID } from 'node:crypto';
       import events, { once } from 'events';
       import * as path from 'node:path/posix';
       import gone from './old.cjs';
       export const handler = () =>
         [randomUUID().length, typeof once, new events().listenerCount('x'), path.join('a', 'b'), gone];`,
    );
    await bundle(['builtins'], { source, target });

    expect((await load('builtins')).handler()).toEqual([36, 'function', 0, 'a/b', 'Gone']);
    const text = await readFile(bundleOf('builtins'), 'utf8');
    expect(text).toContain('process.getBuiltinModule("node:crypto")');
    expect(text).not.toMatch(/\bfrom\s*"/);
  });

  it('leaves of the credentials of AWS what Lambda has: the environment', async () => {
    await write(
      'client.ts',
      `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
       const { config } = new DynamoDBClient({ region: 'us-east-1' });
       export const handler = () => config.credentials();`,
    );
    await symlink(join(PROJECT_FOLDER, 'node_modules'), join(source, 'node_modules'));
    await bundle(['client'], { source, target });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-of-the-function');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');

    expect(await (await load('client')).handler()).toMatchObject({
      accessKeyId: 'key-of-the-function',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    });
    const text = await readFile(bundleOf('client'), 'utf8');
    expect(text.includes('sso_account_id')).toBe(false);
  });

  it('keeps the names of functions, so that a stack trace in a log can be read', async () => {
    await write(
      'failing.ts',
      `class OwnFault extends Error {}
       function rememberTheMilk(): never { throw new OwnFault('sour'); }
       export const handler = () => { try { rememberTheMilk(); } catch (fault) {
         return [(fault as Error).constructor.name, (fault as Error).stack]; } };`,
    );
    await bundle(['failing'], { source, target });
    const answer = (await load('failing')).handler();
    expect(answer).toEqual(['OwnFault', expect.stringContaining('at rememberTheMilk')]);
  });

  it('writes the same bytes for the same sources wherever they are, and then nothing', async () => {
    await write('same.ts', 'export const handler = (): number => 1;');
    await bundle(['same'], { source, target });
    const first = await stat(bundleOf('same'));
    await bundle(['same'], { source, target });
    const elsewhere = join(source, 'elsewhere');
    await bundle(['same'], { source, target: elsewhere });

    expect((await stat(bundleOf('same'))).ino).toBe(first.ino);
    expect(await readFile(join(elsewhere, 'same/index.mjs'))).toEqual(
      await readFile(bundleOf('same')),
    );
  });

  it('writes anew what has changed', async () => {
    await write('changing.ts', 'export const handler = () => "before";');
    await bundle(['changing'], { source, target });
    await write('changing.ts', 'export const handler = () => "after";');
    await bundle(['changing'], { source, target });
    expect(await readFile(bundleOf('changing'), 'utf8')).toContain('after');
  });

  it('says which entry is not there', async () => {
    await expect(bundle(['lambdas/a', 'lambdas/nowhere'], { source, target })).rejects.toThrow(
      new Mistake('lambdas/nowhere.ts: declared as the code of a function, but not there.'),
    );
  });
});
