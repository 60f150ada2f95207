import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FRAME_BYTES, REPLY_BYTES } from '../../contract/limits.ts';
import { clientMessages } from '../../contract/protocol.ts';
import { refusals } from '../../contract/refusals.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const protocol = read('docs/PROTOCOL.md');

it('docs/PROTOCOL.md lists every refusal with its status, and no other', () => {
  const table = /refusals:begin[\s\S]*?refusals:end/.exec(protocol)?.[0] ?? '';
  const rows = [...table.matchAll(/^\| `([\w-]+)` \| (\d{3}) \|/gm)];
  const written = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
  const known = Object.fromEntries(
    Object.entries(refusals).map(([code, { status }]) => [code, status]),
  );
  expect(written).toEqual(known);
});

it('docs/PROTOCOL.md names every message of the wire', () => {
  const source = read('contract/protocol.ts');
  const types = [...source.matchAll(/readonly type: '(\w+)'/g)].map(([, type]) => type);
  expect(types.length).toBeGreaterThan(6);
  for (const name of [...types, ...Object.keys(clientMessages)]) {
    expect(protocol, name).toContain(`| \`${name}\` |`);
  }
});

it('docs/DATA.md names every attribute of the published rows', () => {
  const rows = read('contract/tables.ts').matchAll(/export interface \w+Row \{([\s\S]*?)\n\}/g);
  const attributes = [...rows].flatMap(([, body = '']) =>
    [...body.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name),
  );
  expect(attributes.length).toBeGreaterThan(25);
  const data = read('docs/DATA.md');
  for (const name of attributes) expect(data, name).toMatch(new RegExp(`\\b${name}\\b`));
});

it('a full reply with its last message still is one message of API Gateway', () => {
  expect(REPLY_BYTES + FRAME_BYTES).toBeLessThanOrEqual(128 * 1024);
});
