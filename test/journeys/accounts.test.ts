import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, inject, it } from 'vitest';
import { type Account, createAccount } from '../../client/account.ts';
import { functions } from '../../contract/functions.ts';
import { httpOperations } from '../../contract/http.ts';
import type { GenerateInvitationAnswer } from '../../contract/internal.ts';
import { readCode } from '../../contract/invitation-code.ts';
import { ANONYMOUS_TRIES_PER_ADDRESS, THROTTLE_WINDOW_SECONDS } from '../../contract/limits.ts';
import { pascalCase } from '../../lib/pascal-case.ts';
import { fetchFromElsewhere } from '../support/fetch-from.ts';
import { findSecrets } from '../support/find-secrets.ts';
import { newPerson, operatorOptions } from '../support/people.ts';
import { findSecretShapes, readLogs } from '../support/secret-shapes.ts';
import { openSocket } from '../support/socket.ts';
import { until } from '../support/until.ts';

const place = inject('place');
const { outputs } = place;
const url = outputs.HttpUrl ?? '';
const lambda = new LambdaClient({ ...operatorOptions(place), endpoint: place.urls.aws });
const secrets: Record<string, string> = {};
const invoked = Object.entries(functions)
  .filter(([, spec]) => 'isInvoked' in spec)
  .map(([name]) => name);

async function generate(): Promise<string> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: outputs.GenerateInvitationFunctionName }),
  );
  expect(FunctionError).toBeUndefined();
  const { inviteCode } = JSON.parse(
    Buffer.from(Payload ?? []).toString(),
  ) as GenerateInvitationAnswer;
  const nth = Object.keys(secrets).length;
  secrets[`code ${nth}`] = inviteCode;
  secrets[`letters ${nth}`] = readCode(inviteCode) ?? '';
  return inviteCode;
}

/** Somebody new, at an address of their own, who keeps their tokens in sight. */
function newcomer() {
  const password = `Aa1!${randomUUID()}`;
  const kept = new Map<string, string>();
  secrets[`password ${Object.keys(secrets).length}`] = password;
  const account = createAccount({
    url,
    fetch: fetchFromElsewhere(),
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
  });
  return { account, kept, userName: `guest-${randomUUID()}`, password };
}

async function tokenOf(account: Account): Promise<string> {
  const token = await account.getToken();
  secrets[`token ${Object.keys(secrets).length}`] = token;
  return token;
}

const post = (send: typeof fetch, path: string, body: object | string, init: RequestInit = {}) =>
  send(`${url.replace(/\/$/, '')}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });

describe('an account', () => {
  it('[S0-01] [S0-02] [S0-03] [S0-04] [S0-05] from its invitation to its last token', async () => {
    const inviteCode = await generate();
    const { account, kept, userName, password } = newcomer();
    const asTyped = inviteCode.toLowerCase().replaceAll('-', ' ');
    expect(await account.validateInvitation(asTyped)).toMatchObject({ ok: true, valid: true });
    const wanted = { userName, password, inviteCode: asTyped };
    expect(await account.signUp(wanted)).toEqual({ ok: true, userName });
    expect(await account.validateInvitation(inviteCode)).toMatchObject({
      code: 'invitation-invalid',
    });

    expect(await account.signIn(userName, password)).toEqual({ ok: true });
    const socket = await openSocket(outputs.WebSocketUrl ?? '');
    const token = await tokenOf(account);
    expect(await socket.ask({ action: 'authenticate', token, sessionId: 'tab' })).toMatchObject({
      type: 'authenticated',
      session: 'new',
    });
    await socket.close();

    const { refreshToken } = JSON.parse([...kept.values()][0] ?? '{}') as { refreshToken: string };
    secrets.refreshToken = refreshToken;
    const send = fetchFromElsewhere();
    const refreshed = await post(send, httpOperations.accessToken.path, { refreshToken });
    expect(refreshed.status).toBe(200);
    expect(await account.signOut()).toEqual({ ok: true });
    const refused = await post(send, httpOperations.accessToken.path, { refreshToken });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: 'refresh-refused' });
  });

  it('[S0-02] [G10] ten who use one code at once: one has the account', async () => {
    const inviteCode = await generate();
    const guests = Array.from({ length: 10 }, newcomer);
    const outcomes = await Promise.all(
      guests.map(({ account, userName, password }) =>
        account.signUp({ userName, password, inviteCode }),
      ),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    for (const outcome of outcomes) {
      if (!outcome.ok) expect(outcome).toMatchObject({ field: 'inviteCode' });
    }
    const signedIn = await Promise.all(
      guests.map(({ account, userName, password }) => account.signIn(userName, password)),
    );
    expect(signedIn.map(({ ok }) => ok)).toEqual(outcomes.map(({ ok }) => ok));
  });

  it('[S0-01] the wire tells a wrong password from an unknown user by nothing', async () => {
    const { userName } = await newPerson(place);
    const send = fetchFromElsewhere();
    const answerTo = async (name: string) => {
      const answer = await post(send, httpOperations.signIn.path, {
        userName: name,
        password: 'x',
      });
      const headers = [...answer.headers.keys()].sort();
      return { status: answer.status, headers, body: await answer.json() };
    };
    const known = await answerTo(userName);
    expect(known).toMatchObject({ status: 401, body: { code: 'sign-in-refused' } });
    expect(await answerTo(`nobody-${randomUUID()}`)).toEqual(known);
  });
});

describe('[S0-14] who may', () => {
  it('everybody asks the anonymous outlets, by POST only', async () => {
    const send = fetchFromElsewhere();
    const { signIn, signUp, accessToken, signOut, validateInvitation } = httpOperations;
    for (const { path } of [signIn, signUp, accessToken, signOut, validateInvitation]) {
      expect([400, 404], path).toContain((await post(send, path, {})).status);
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const other = await post(send, path, '', { method });
        expect(other.status, `${method} ${path}`).toBe(404);
        expect(await other.json()).toEqual({ message: 'Not Found' });
      }
    }
  });

  it.each(invoked)('nobody without a signature invokes %s', async (name) => {
    const deployed = outputs[`${pascalCase(name)}FunctionName`];
    expect(deployed).toBeDefined();
    const { status } = await fetch(
      `${place.urls.aws}/2015-03-31/functions/${deployed}/invocations`,
      { method: 'POST', body: '{}' },
    );
    expect(status).toBe(403);
  });

  it('an address that has used up its tries waits, and nobody and nothing else does', async () => {
    const send = fetchFromElsewhere();
    const invalid = () => post(send, httpOperations.validateInvitation.path, { inviteCode: 'x' });
    const answers: Response[] = [];
    // Tries that straddle two windows are counted in both: so twice as many, and one more.
    for (let tried = 0; tried <= 2 * ANONYMOUS_TRIES_PER_ADDRESS; tried += 1) {
      answers.push(await invalid());
    }
    const refused = answers.find(({ status }) => status === 429);
    const wait = Number(refused?.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(THROTTLE_WINDOW_SECONDS);
    expect(await refused?.json()).toMatchObject({ code: 'too-many-tries' });

    const elsewhere = await post(fetchFromElsewhere(), httpOperations.validateInvitation.path, {
      inviteCode: 'x',
    });
    expect(elsewhere.status).toBe(404);
    const { token } = await newPerson(place);
    const reading = await post(
      send,
      httpOperations.readNotifications.path,
      { cursors: [{ topic: 'Pet', epoch: null, seq: 0 }] },
      { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
    );
    expect(reading.status).toBe(200);
  });
});

it('no log of any function has a password, a token or a code in it', async () => {
  const logs = await until(() => {
    const read = readLogs(place);
    const text = Object.values(read).join('\n');
    return text.includes('account.made') && text.includes('invitation.generated')
      ? read
      : undefined;
  }, 'the lines of a sign-up');
  expect(Object.keys(secrets).length).toBeGreaterThan(12);
  expect(findSecrets(logs, secrets)).toEqual([]);
  expect(findSecretShapes(logs)).toEqual([]);
  // It finds what is there.
  const told = Object.fromEntries(
    Object.entries(secrets).map(([name, text]) => [name, `"${text}"`]),
  );
  const kinds = findSecretShapes(told).map((found) => found.split(' stands')[0]);
  expect(new Set(kinds)).toEqual(new Set(['a token', 'a code', 'a password']));
});
