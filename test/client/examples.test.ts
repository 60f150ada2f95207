import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** What the examples take for granted: things of an application, and what an earlier example has made. */
const prelude = `
import type { ReactNode } from 'react';
import type { Client } from './client/client.ts';
import type { Hooks } from './client/react.ts';
declare global {
  interface Pet { readonly petId: string; readonly name: string; readonly price: number }
  interface Topics { Pet: Pet; Shop: { isOpen: boolean } }
  const url: string;
  const httpUrl: string;
  const webSocketUrl: string;
  const userName: string;
  const password: string;
  const sessionId: string;
  const client: Client<Topics>;
  const useTopic: Hooks<Topics>['useTopic'];
  const pets: Map<string, Pet>;
  const createClient: typeof import('./client/client.ts').createClient;
  function getToken(): Promise<string>;
  function readPets(): Promise<readonly Pet[]>;
  function restorePets(): Promise<void>;
  function keep(pet: Pet): void;
  function show(what: Pet | string): void;
}
`;

/** Each example is a module, as if it stood at the root of the repository. */
async function examplesOf(document: string): Promise<string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/^```tsx?\n([\s\S]*?)^```/gm)].map(([, code]) => code ?? '');
}

/** What the compiler says to these; empty when it has nothing to say. */
async function compile(examples: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(root, 'test/client/examples-'));
  try {
    const config = {
      extends: '../../../web/tsconfig.json',
      compilerOptions: {
        jsxImportSource: 'react',
        moduleDetection: 'force',
        noUnusedLocals: false,
        rootDirs: ['.', '../../..'],
        types: ['node'],
      },
      include: ['.'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(folder, 'prelude.d.ts'), prelude);
    for (const [at, code] of examples.entries()) {
      await writeFile(join(folder, `example-${at + 1}.tsx`), code);
    }
    const { stdout } = await run('tsc', ['--noEmit', '-p', folder]).catch((failed) => failed);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const documents = ['docs/CLIENT.md', 'docs/ACCOUNTS.md'];

test.each(documents)('every example in %s compiles', async (document) => {
  const examples = await examplesOf(document);
  expect(examples.length).toBeGreaterThan(0);
  expect(await compile(examples)).toBe('');
});

test('the client in the README compiles', async () => {
  const examples = await examplesOf('README.md');
  const its = examples.filter((code) => code.includes("from './client/"));
  expect(its).toHaveLength(1);
  expect(await compile(its)).toBe('');
});

test.each([
  ['another topic', "client.subscribe('Cats', () => {});", 'TS2345'],
  ['another payload', "client.subscribe('Shop', ({ name }) => show(name));", 'TS2339'],
  ['another data', "export const wrong = () => useTopic('Shop').data?.name;", 'TS2339'],
])('%s does not compile', async (_, code, error) => {
  expect(await compile([code])).toContain(error);
});
