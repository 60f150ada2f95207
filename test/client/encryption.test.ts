import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encrypting, importKey, keysOfToken, openBox, sealBox } from '../../client/encryption.ts';
import type { Trouble } from '../../client/events.ts';
import { openMemory } from '../../client/memory.ts';
import type { Sealed } from '../../contract/sealed.ts';
import { openPayload, sealingKey, sealPayload } from '../../lambdas/platform/sealing.ts';
import { eventually } from '../support/eventually.ts';
import { start, subscribed, switchboard } from './listening.ts';

/** [S3-12] Payloads that nobody on the way can read. */

const bytes = randomBytes(32);
const key = await importKey(new Uint8Array(bytes));
const otherBytes = randomBytes(32);
const other = await importKey(new Uint8Array(otherBytes));

/** A client whose subscription to `Pet` opens what is sealed, and what it told. */
function startSealed(keyOf: Parameters<typeof encrypting>[1]['keyOf'] = () => key) {
  const { client: plain } = start();
  const client = encrypting(plain, { keyOf });
  const got: unknown[] = [];
  const errors: Trouble[] = [];
  client.on('error', (trouble) => errors.push(trouble));
  const subscription = client.subscribe('Pet', ({ name }, { seq }) => got.push([name, seq]));
  client.connect();
  return { client, got, errors, subscription };
}
const seal = (name: string, kid = 'k1', by: Uint8Array = bytes) => sealPayload({ name }, kid, by);

describe('a box', () => {
  it('[S3-12] that a function sealed opens in a browser, and the other way round, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'grapheme' }), async (payload, kid) => {
        const said = JSON.parse(JSON.stringify(payload));
        expect(await openBox(sealPayload(payload, kid, bytes), key)).toEqual(said);
        expect(openPayload(await sealBox(payload, kid, key), bytes)).toEqual(said);
      }),
      { numRuns: 50 },
    );
  });

  it('[S3-12] as large as a message may be opens too', async () => {
    const payload = 'é'.repeat(120_000);
    expect(await openBox(sealPayload(payload, 'k1', bytes), key)).toBe(payload);
    expect(openPayload(await sealBox(payload, 'k1', key), bytes)).toBe(payload);
  });

  it('[S3-12] says nothing of its content, and is another one each time', () => {
    const [one, two] = [seal('Luna'), seal('Luna')];
    expect(Object.keys(one)).toEqual(['enc', 'kid', 'iv', 'data']);
    expect(Buffer.from(one.data, 'base64url').toString('latin1')).not.toContain('Luna');
    expect(one.iv).not.toBe(two.iv);
    expect(one.data).not.toBe(two.data);
  });

  const flipped = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  it.each<[string, (box: Sealed) => Sealed]>([
    ['its data', (box) => ({ ...box, data: flipped(box.data) })],
    ['its tag', (box) => ({ ...box, data: box.data.slice(0, -4) })],
    ['its iv', (box) => ({ ...box, iv: flipped(box.iv) })],
    ['the name of its key', (box) => ({ ...box, kid: 'k2' })],
    ['all of its data', (box) => ({ ...box, data: '' })],
    ['its alphabet', (box) => ({ ...box, data: '***' })],
  ])('[S3-12] of which somebody has changed %s does not open, here or there', async (_, change) => {
    const changed = change(seal('Luna'));
    await expect(openBox(changed, key)).rejects.toThrow();
    expect(() => openPayload(changed, bytes)).toThrow();
  });

  it('[S3-12] does not open by another key', async () => {
    await expect(openBox(seal('Luna'), other)).rejects.toThrow();
    expect(() => openPayload(seal('Luna'), otherBytes)).toThrow();
  });
});

describe('keys', () => {
  it('[S3-12] out of one secret differ by tenant, topic and name, and are HKDF’s', () => {
    const secret = randomBytes(32);
    const name = { tenant: 'acme', topic: 'Pet', kid: '2026-11' };
    const made = sealingKey(secret, name);
    // RFC 5869, one block: written out once more.
    const extracted = createHmac('sha256', 'acme').update(secret).digest();
    const expected = createHmac('sha256', extracted).update('Pet 2026-11\u0001').digest();
    expect(made).toEqual(expected);
    for (const another of [{ tenant: 'umbrella' }, { topic: 'Shop' }, { kid: '2026-12' }]) {
      expect(sealingKey(secret, { ...name, ...another })).not.toEqual(made);
    }
  });

  it('[S3-12] in a token are found by their names, and others are not', async () => {
    const claims = {
      sub: 'joé',
      'switchboard:topic-keys': JSON.stringify({ k1: bytes.toString('base64url') }),
    };
    const token = `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    const keyOf = keysOfToken(() => token);
    const found = await keyOf('k1', 'Pet');
    if (!found) throw new Error('It was not found.');
    expect(await openBox(seal('Luna'), found)).toEqual({ name: 'Luna' });
    expect(await keyOf('k2', 'Pet')).toBeUndefined();
    expect(await keyOf('toString', 'Pet')).toBeUndefined();
    const without = keysOfToken(() => `x.${Buffer.from('{}').toString('base64url')}.y`);
    expect(await without('k1', 'Pet')).toBeUndefined();
  });
});

describe('a client that opens', () => {
  it('[S3-12] hands on what was sealed, in sequence, though a key takes its time', async () => {
    let arrives = (_: CryptoKey) => {};
    const slow = new Promise<CryptoKey>((done) => {
      arrives = done;
    });
    const asked: string[] = [];
    const { got, errors } = startSealed((kid, topic) => {
      asked.push(`${topic} ${kid}`);
      return kid === 'slow' ? slow : key;
    });
    await subscribed();
    for (const kid of ['k1', 'slow', 'k1', 'slow']) switchboard.publish('Pet', seal(kid, kid));
    await eventually(() => expect(asked).toEqual(['Pet k1', 'Pet slow']));
    expect(got).toEqual([['k1', 1]]);
    arrives(key);
    await eventually(() =>
      expect(got.map(Object)).toEqual([
        ['k1', 1],
        ['slow', 2],
        ['k1', 3],
        ['slow', 4],
      ]),
    );
    expect(errors).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('[S3-12] tells of what does not open by a sentence, does not hand it on, and goes on', async () => {
    const { got, errors } = startSealed((kid) => (kid === 'unknown' ? undefined : key));
    await subscribed();
    switchboard.publish('Pet', seal('a'));
    switchboard.publish('Pet', seal('b', 'k1', otherBytes));
    switchboard.publish('Pet', seal('c', 'unknown'));
    switchboard.publish('Pet', { name: 'in the clear' });
    switchboard.publish('Pet', { ...seal('d'), enc: 'none' });
    switchboard.publish('Pet', seal('e'));
    await eventually(() =>
      expect(got).toEqual([
        ['a', 1],
        ['e', 6],
      ]),
    );
    expect(errors.map(({ code, topic }) => [code, topic])).toEqual([
      ['not-opened', 'Pet'],
      ['not-opened', 'Pet'],
      ['not-sealed', 'Pet'],
      ['not-sealed', 'Pet'],
    ]);
    for (const { message } of errors) expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it('[S3-12] asks again where a key could not be fetched, and loses nothing meanwhile', async () => {
    let tries = 0;
    const { got, errors } = startSealed(() => {
      tries += 1;
      if (tries < 3) throw new Error('No network.');
      return key;
    });
    await subscribed();
    switchboard.publish('Pet', seal('a'));
    switchboard.publish('Pet', seal('b'));
    await eventually(() =>
      expect(got).toEqual([
        ['a', 1],
        ['b', 2],
      ]),
    );
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['key-failed', 'No network.'],
      ['key-failed', 'No network.'],
    ]);
    expect(tries).toBe(3);
  });

  it('[S3-12] loads only after what came before, and hands nothing on after the end', async () => {
    const { client: plain } = start();
    let letIn = (_: CryptoKey) => {};
    const slow = new Promise<CryptoKey>((done) => {
      letIn = done;
    });
    let asked = 0;
    const keyOf = () => {
      asked += 1;
      return slow;
    };
    const client = encrypting(plain, { keyOf });
    const told: unknown[] = [];
    const handler = ({ name }: { readonly name: string }) => told.push(name);
    client.subscribe('Pet', handler, { load: async (why) => told.push(why) });
    client.connect();
    await eventually(() => expect(told).toEqual(['subscribed']));
    switchboard.publish('Pet', seal('a'));
    await eventually(() => expect(plain.state.name).toBe('connected'));
    const over = client.subscribe('Pet', () => told.push('never'));
    switchboard.publish('Pet', seal('b'));
    await eventually(() => expect(asked).toBe(2));
    over.unsubscribe();
    const gaps: unknown[] = [];
    client.on('gap', (gap) => gaps.push(gap));
    switchboard.forget('Pet');
    switchboard.publish('Pet', seal('c'));
    await eventually(() => expect(gaps).toHaveLength(1));
    letIn(key);
    await eventually(() => expect(told).toContain('epoch-changed'));
    switchboard.publish('Pet', seal('d'));
    await eventually(() => expect(told).toContain('d'));
    expect(told.indexOf('a')).toBeLessThan(told.indexOf('epoch-changed'));
    expect(told.indexOf('epoch-changed')).toBeLessThan(told.indexOf('d'));
    expect(told).not.toContain('never');
  });

  it('[S3-12] asks for its keys again when another user has come', async () => {
    let user = 'sam';
    const { client: plain } = start({ getToken: () => user });
    const got: unknown[] = [];
    const asked: string[] = [];
    const client = encrypting(plain, {
      keyOf: () => {
        asked.push(user);
        return user === 'sam' ? key : other;
      },
    });
    client.subscribe('Pet', ({ name }) => got.push(name));
    client.connect();
    await subscribed();
    switchboard.publish('Pet', seal('a'));
    await eventually(() => expect(got).toEqual(['a']));
    user = 'joe';
    switchboard.cut();
    await eventually(() =>
      expect(client.state).toMatchObject({ name: 'connected', userId: 'joe' }),
    );
    switchboard.publish('Pet', seal('b', 'k1', otherBytes));
    await eventually(() => expect(got).toEqual(['a', 'b']));
    expect(asked).toEqual(['sam', 'joe']);
  });

  it('is the client that it was given in all else', async () => {
    const { client: plain } = start({
      memory: openMemory({ getItem: () => null, setItem: () => {} }),
    });
    const client = encrypting(plain, { keyOf: () => key });
    const states: string[] = [];
    const off = client.on('state', ({ name }) => states.push(name));
    expect(client.sessionId).toBe(plain.sessionId);
    client.connect();
    await eventually(() => expect(client.state.name).toBe('connected'));
    off();
    client.disconnect();
    expect(client.state.name).toBe('closed');
    expect(states).toEqual(['connecting', 'authenticating', 'connected']);
  });
});
