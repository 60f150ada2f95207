import {
  isSealed,
  SEALED_IV_BYTES,
  SEALED_WITH,
  type Sealed,
  sealedContext,
  TOPIC_KEYS_CLAIM,
} from '../contract/sealed.ts';
import { backoffMs } from './backoff.ts';
import type { Client } from './client.ts';
import { type ClientEvents, call, createEmitter, sentenceOf, type Trouble } from './events.ts';

/** Gives the key of that id; undefined where there is none for this user. What it throws is tried again. */
export type KeyOf = (
  kid: string,
  topic: string,
) => CryptoKey | undefined | Promise<CryptoKey | undefined>;

/**
 * [S3-12] The same client, whose subscriptions open what publishers have sealed: in sequence, each once, as without it.
 * What is not sealed, or does not open, is told as `error` and not handed on. Topics of both kinds belong to both
 * clients: those in the clear to the one that was given.
 */
export function encrypting<Topics>(
  client: Client<Topics>,
  { keyOf }: { readonly keyOf: KeyOf },
): Client<Topics> {
  const { on, tell } = createEmitter<Pick<ClientEvents, 'error'>>();
  const known = new Map<string, CryptoKey>();
  let owner = '';
  client.on('state', (state) => {
    if (state.name !== 'connected') return;
    const user = `${state.tenant}/${state.userId}`;
    // Somebody else may have other keys under the same names.
    if (owner !== user) known.clear();
    owner = user;
  });

  async function keyFor(kid: string, topic: string): Promise<CryptoKey | undefined> {
    const name = `${topic} ${kid}`;
    const key = known.get(name) ?? (await keyOf(kid, topic));
    if (key) known.set(name, key);
    return key;
  }

  /** Undefined: it cannot be read, and has been told. */
  async function read(
    topic: string,
    payload: unknown,
    isOver: () => boolean,
  ): Promise<{ readonly payload: unknown } | undefined> {
    const fail = (code: Trouble['code'], message: string, cause?: unknown) =>
      tell('error', { code, topic, message, ...(cause !== undefined && { cause }) });
    if (!isSealed(payload)) {
      fail('not-sealed', 'A message on this topic was not encrypted, and is not handed on.');
      return undefined;
    }
    for (let tries = 1; !isOver(); tries += 1) {
      let key: CryptoKey | undefined;
      try {
        key = await keyFor(payload.kid, topic);
      } catch (cause) {
        fail('key-failed', sentenceOf(cause), cause);
        await new Promise((done) => setTimeout(done, backoffMs(tries)));
        continue;
      }
      try {
        if (key) return { payload: await openBox(payload, key) };
        fail('not-opened', `There is no key "${payload.kid}" for a message on this topic.`);
      } catch (cause) {
        const why = 'it is another one, or the message was changed on its way.';
        fail('not-opened', `The key "${payload.kid}" does not open a message: ${why}`, cause);
      }
      return undefined;
    }
    return undefined;
  }

  return {
    sessionId: client.sessionId,
    get state() {
      return client.state;
    },
    connect: client.connect,
    disconnect: client.disconnect,
    subscribe(topic, handler, { load } = {}) {
      let isOver = false;
      /** Messages wait for those before them, and a loading for all that were handed on before it. */
      let before: Promise<unknown> = Promise.resolve();
      const open: typeof handler = (payload, message) => {
        before = before.then(async () => {
          const opened = await read(topic, payload, () => isOver);
          if (!opened || isOver) return;
          const mine = opened.payload as Topics[typeof topic];
          call((received) => handler(mine, received), { ...message, payload: mine });
        });
      };
      const subscription = client.subscribe(
        topic,
        open,
        load && { load: (why) => before.then(() => load(why)) },
      );
      return {
        unsubscribe() {
          isOver = true;
          subscription.unsubscribe();
        },
      };
    },
    on(name, listener) {
      const offs = [client.on(name, listener)];
      if (name === 'error') offs.push(on('error', listener as (event: Trouble) => void));
      return () => offs.forEach((off) => void off());
    },
  };
}

/** Rejects where the key is another one, or the box was changed. */
export async function openBox({ kid, iv, data }: Sealed, key: CryptoKey): Promise<unknown> {
  const opened = await crypto.subtle.decrypt(parametersOf(kid, bytesOf(iv)), key, bytesOf(data));
  return JSON.parse(new TextDecoder().decode(opened));
}

/** Seals what a client hands to a function that publishes it unread. */
export async function sealBox(payload: unknown, kid: string, key: CryptoKey): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(SEALED_IV_BYTES));
  const text = new TextEncoder().encode(JSON.stringify(payload));
  const data = await crypto.subtle.encrypt(parametersOf(kid, iv), key, text);
  return { enc: SEALED_WITH, kid, iv: textOf(iv), data: textOf(new Uint8Array(data)) };
}

/** 32 bytes, as they are or as base64 for URLs. It cannot be taken out of the page's memory as bytes again. */
export const importKey = (bytes: string | Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    'raw',
    typeof bytes === 'string' ? bytesOf(bytes) : bytes,
    'AES-GCM',
    false,
    ['encrypt', 'decrypt'],
  );

/** A `keyOf` for keys that stand in the token: see {@link TOPIC_KEYS_CLAIM}. */
export function keysOfToken(getToken: () => string | Promise<string>): KeyOf {
  return async (kid) => {
    const [, claims = ''] = (await getToken()).split('.');
    const { [TOPIC_KEYS_CLAIM]: text = '{}' } = JSON.parse(
      new TextDecoder().decode(bytesOf(claims)),
    );
    const keys: Partial<Record<string, string>> = JSON.parse(text);
    const key = Object.hasOwn(keys, kid) ? keys[kid] : undefined;
    return key === undefined ? undefined : importKey(key);
  };
}

const parametersOf = (kid: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(sealedContext(kid)),
});

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );

/** Letter by letter: as arguments of one call, the bytes of a large message are too many. */
function textOf(bytes: Uint8Array): string {
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
