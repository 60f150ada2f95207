import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../local/store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('gives back what was set, area by area, in the order of the keys', () => {
  const store = openStore(directory);
  store.set('queues', 'b', '2');
  store.set('queues', 'a', '1');
  store.set('users', 'a', 'other');
  store.set('queues', 'b', '3');
  expect(store.get('queues', 'b')).toBe('3');
  expect(store.entries('queues')).toEqual([
    ['a', '1'],
    ['b', '3'],
  ]);
  store.delete('queues', 'a');
  expect(store.get('queues', 'a')).toBeUndefined();
  expect(store.get('users', 'a')).toBe('other');
  store.close();
});

it('keeps across a kill -9 everything that set returned from', async () => {
  const script = `
    import { writeSync } from 'node:fs';
    const { openStore } = await import(${JSON.stringify(new URL('../../local/store.ts', import.meta.url).href)});
    const store = openStore(${JSON.stringify(directory)});
    for (let n = 1; ; n++) {
      store.set('count', 'n', String(n));
      writeSync(1, n + '\\n');
    }
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let acknowledged = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    acknowledged = Number(chunk.toString().split('\n').at(-2) ?? acknowledged);
    if (acknowledged > 200) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const store = openStore(directory);
  expect(Number(store.get('count', 'n'))).toBeGreaterThanOrEqual(acknowledged);
  store.close();
});

it('refuses a directory that another stage has open, and takes it once that one is closed', () => {
  const first = openStore(directory);
  expect(() => openStore(directory)).toThrow(
    `The stage's file ${join(directory, 'stage.sqlite')} cannot be opened: stop the other stage that uses ${directory}, or give this one a --data directory of its own.`,
  );
  first.close();
  openStore(directory).close();
});
