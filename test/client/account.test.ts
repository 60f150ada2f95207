import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AccountError, createAccount } from '../../client/account.ts';
import { eventually } from '../support/eventually.ts';

interface Heard {
  readonly path: string;
  readonly body: Record<string, string>;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: object | string;
}

/** Tells by path what is answered; a function is asked each time. */
let answers: Record<string, Answer | (() => Promise<Answer> | Answer)>;
let heard: Heard[];
let server: Server;
let url: string;

const tokens = (name: string, expiresIn = 3600) => ({
  accessToken: `access-${name}`,
  idToken: `id-${name}`,
  refreshToken: `refresh-${name}`,
  expiresIn,
});

beforeEach(async () => {
  heard = [];
  answers = { '/signIn': { body: tokens('1') }, '/signOut': { body: { signedOut: true } } };
  server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const path = request.url ?? '';
    heard.push({ path, body: JSON.parse(text) });
    const answer: Answer | (() => Promise<Answer> | Answer) = answers[path] ?? {
      status: 404,
      body: { message: 'Not Found' },
    };
    const {
      status = 200,
      headers = {},
      body = {},
    } = typeof answer === 'function' ? await answer() : answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
});
afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

const calls = (path: string) => heard.filter((each) => each.path === path);
const memory = () => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
};
const failureOf = async (asked: Promise<unknown>) => {
  const fault = await asked.catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(AccountError);
  return (fault as AccountError).failure;
};

describe('signing in', () => {
  test('gives a token without asking again, and tells who it is', async () => {
    const account = createAccount({ url });
    const seen: unknown[] = [];
    account.onChange((user) => seen.push(user));
    expect(await account.signIn('ann', 'secret')).toEqual({ ok: true });
    expect(account.user).toEqual({ userName: 'ann' });
    expect(await account.getToken()).toBe('access-1');
    expect(heard).toEqual([{ path: '/signIn', body: { userName: 'ann', password: 'secret' } }]);
    expect(seen).toEqual([{ userName: 'ann' }]);
  });

  test('a refusal is a value, and nobody is signed in by it', async () => {
    answers['/signIn'] = { status: 401, body: { code: 'sign-in-refused', message: 'No.' } };
    const account = createAccount({ url });
    expect(await account.signIn('ann', 'wrong')).toEqual({
      ok: false,
      code: 'sign-in-refused',
      message: 'No.',
    });
    expect(account.user).toBeUndefined();
    expect(await failureOf(account.getToken())).toMatchObject({ code: 'signed-out' });
  });

  test.each([
    {
      what: 'a throttle of ours',
      answer: {
        status: 429,
        headers: { 'retry-after': '17' },
        body: { code: 'too-many-tries', message: 'Wait.' },
      },
      is: { code: 'too-many-tries', message: 'Wait.', retryAfter: 17 },
    },
    {
      what: 'a throttle of the gateway',
      answer: { status: 429, body: { message: 'Too Many Requests' } },
      is: { code: 'too-many-tries' },
    },
    {
      what: 'a gateway without its function',
      answer: { status: 503, body: { message: 'Service Unavailable' } },
      is: { code: 'internal', message: 'Service Unavailable' },
    },
    {
      what: 'no JSON at all',
      answer: { status: 502, body: '<html>' },
      is: { code: 'internal', message: 'The answer was 502.' },
    },
  ])('$what is told in the same shape', async ({ answer, is }) => {
    answers['/signIn'] = answer;
    expect(await createAccount({ url }).signIn('ann', 'x')).toMatchObject({ ok: false, ...is });
  });

  test('no answer is told as such', async () => {
    const account = createAccount({ url: 'http://127.0.0.1:1' });
    expect(await account.signIn('ann', 'x')).toMatchObject({ ok: false, code: 'unreachable' });
  });
});

describe('a token', () => {
  test('is refreshed before it expires, once for all who ask', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let refreshed = 1;
    answers['/accessToken'] = () => {
      refreshed += 1;
      return { body: tokens(String(refreshed)) };
    };
    const account = createAccount({ url });
    await account.signIn('ann', 'x');
    vi.setSystemTime(Date.now() + 3_470_000);
    expect(await account.getToken()).toBe('access-1');
    vi.setSystemTime(Date.now() + 20_000);
    const got = await Promise.all(Array.from({ length: 20 }, () => account.getToken()));
    expect(new Set(got)).toEqual(new Set(['access-2']));
    expect(calls('/accessToken')).toEqual([
      { path: '/accessToken', body: { refreshToken: 'refresh-1' } },
    ]);
    vi.setSystemTime(Date.now() + 3_590_000);
    expect(await account.getToken()).toBe('access-3');
  });

  test('that still holds is given when no new one can be had; one that does not is an error, until it works', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const account = createAccount({ url });
    await account.signIn('ann', 'x');
    answers['/accessToken'] = { status: 503, body: { code: 'busy', message: 'Later.' } };
    vi.setSystemTime(Date.now() + 3_500_000);
    expect(await account.getToken()).toBe('access-1');
    vi.setSystemTime(Date.now() + 101_000);
    expect(await failureOf(account.getToken())).toMatchObject({ code: 'busy', message: 'Later.' });
    expect(account.user).toEqual({ userName: 'ann' });
    answers['/accessToken'] = { body: tokens('2') };
    expect(await account.getToken()).toBe('access-2');
  });

  test('is over when the refresh token is: the user is signed out, and told so once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    answers['/accessToken'] = { status: 401, body: { code: 'refresh-refused', message: 'Over.' } };
    const storage = memory();
    const account = createAccount({ url, storage });
    await account.signIn('ann', 'x');
    const seen: unknown[] = [];
    account.onChange((user) => seen.push(user));
    vi.setSystemTime(Date.now() + 3_600_000);
    const asked = [account.getToken(), account.getToken()];
    for (const each of asked)
      expect(await failureOf(each)).toMatchObject({ code: 'refresh-refused' });
    expect(seen).toEqual([undefined]);
    expect(storage.items.size).toBe(0);
  });

  test('asked for while somebody else signs in is theirs', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    answers['/accessToken'] = async () => {
      await held;
      return { body: tokens('old') };
    };
    const account = createAccount({ url });
    await account.signIn('ann', 'x');
    vi.setSystemTime(Date.now() + 3_600_000);
    const asked = account.getToken();
    await eventually(() => expect(calls('/accessToken')).toHaveLength(1));
    answers['/signIn'] = { body: tokens('sam') };
    await account.signIn('sam', 'y');
    letGo();
    expect(await asked).toBe('access-sam');
    expect(await account.getToken()).toBe('access-sam');
  });
});

describe('signing out', () => {
  test('revokes the refresh token and forgets everything', async () => {
    const storage = memory();
    const account = createAccount({ url, storage });
    await account.signIn('ann', 'x');
    expect(await account.signOut()).toEqual({ ok: true });
    expect(calls('/signOut')).toEqual([{ path: '/signOut', body: { refreshToken: 'refresh-1' } }]);
    expect(account.user).toBeUndefined();
    expect(storage.items.size).toBe(0);
    expect(await failureOf(account.getToken())).toMatchObject({ code: 'signed-out' });
    await account.signOut();
    expect(calls('/signOut')).toHaveLength(1);
  });

  test('that could not revoke says so, and revokes when it is asked again', async () => {
    const account = createAccount({ url });
    await account.signIn('ann', 'x');
    answers['/signOut'] = { status: 503, body: { code: 'busy', message: 'Later.' } };
    expect(await account.signOut()).toMatchObject({ ok: false, code: 'busy' });
    expect(account.user).toBeUndefined();
    answers['/signOut'] = { body: { signedOut: true } };
    expect(await account.signOut()).toEqual({ ok: true });
    expect(calls('/signOut').map(({ body }) => body.refreshToken)).toEqual([
      'refresh-1',
      'refresh-1',
    ]);
  });

  test('during a refresh stays signed out', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    answers['/accessToken'] = async () => {
      await held;
      return { body: tokens('late') };
    };
    const account = createAccount({ url });
    await account.signIn('ann', 'x');
    vi.setSystemTime(Date.now() + 3_600_000);
    const asked = failureOf(account.getToken());
    await eventually(() => expect(calls('/accessToken')).toHaveLength(1));
    await account.signOut();
    letGo();
    expect(await asked).toMatchObject({ code: 'signed-out' });
    expect(account.user).toBeUndefined();
  });
});

test('what is kept in a storage is taken up again; what is garbled there is nobody', async () => {
  const storage = memory();
  await createAccount({ url, storage }).signIn('ann', 'x');
  answers['/accessToken'] = { body: tokens('again') };
  const later = createAccount({ url, storage });
  expect(later.user).toEqual({ userName: 'ann' });
  expect(await later.getToken()).toBe('access-again');
  for (const garbled of ['', '{', 'null', '7', '{"userName":"ann"}']) {
    const [key = ''] = storage.items.keys();
    storage.items.set(key, garbled);
    expect(createAccount({ url, storage }).user, garbled).toBeUndefined();
  }
});

test('signing up hands on code, field and sentence', async () => {
  answers['/signUp'] = {
    status: 409,
    body: { code: 'user-name-taken', errorField: 'userName', errorMessage: 'Taken.' },
  };
  const account = createAccount({ url });
  const ann = { userName: 'ann', password: 'x', inviteCode: 'CODE' };
  expect(await account.signUp(ann)).toEqual({
    ok: false,
    code: 'user-name-taken',
    field: 'userName',
    message: 'Taken.',
  });
  answers['/signUp'] = { body: { userName: 'ann' } };
  expect(await account.signUp(ann)).toEqual({ ok: true, userName: 'ann' });
  expect(account.user).toBeUndefined();
  answers['/validateInvitation'] = { body: { valid: true, expiresAt: 'then' } };
  expect(await account.validateInvitation('CODE')).toEqual({
    ok: true,
    valid: true,
    expiresAt: 'then',
  });
});
