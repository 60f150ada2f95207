import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tableVariable } from '../../contract/environment.ts';
import { readCode } from '../../contract/invitation-code.ts';
import {
  ANONYMOUS_TRIES_IN_TOTAL,
  ANONYMOUS_TRIES_PER_ADDRESS,
  CLAIM_SECONDS,
  FRAME_BYTES,
  THROTTLE_WINDOW_SECONDS,
} from '../../contract/limits.ts';
import { bucketKey, TARGET_INDEX, type TableName, targetOf } from '../../contract/tables.ts';
import { generateInvitation } from '../../lambdas/flows/generate-invitation.ts';
import { claimInvitation, getInvitation } from '../../lambdas/stores/invitations.ts';
import type { AuditedCall } from '../../rules/audit.ts';
import { hashOf } from '../../rules/invitation.ts';
import { windowAt } from '../../rules/throttle.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';
import { findSecrets } from '../support/find-secrets.ts';
import { callOutlet, freshAddress, type Outlet } from '../support/outlets.ts';
import { startUserPool, type TestUserPool } from '../support/user-pool.ts';

const GOOD = 'Correct-Horse-7';
const OTHER = 'Other-Horse-8!';
/** The middle of a window that is this file's own: tests that fill one cannot meet another's. */
const NOW = Math.floor(Date.now() / 60_000) * 60_000 + 30_000;

let engine: Engine;
let reach: EveryReach;
let pool: TestUserPool;
let outlets: Record<'signIn' | 'signUp' | 'accessToken' | 'signOut' | 'validateInvitation', Outlet>;
let generate: (payload: unknown) => Promise<unknown>;
const lines: string[] = [];
const secrets: Record<string, string> = { GOOD, OTHER };

beforeAll(async () => {
  [engine, pool] = await Promise.all([startEngine(), startUserPool()]);
  reach = await engine.createTables();
  Object.assign(process.env, pool.environment, {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
  });
  for (const table of Object.keys(reach.tables) as TableName[]) {
    process.env[tableVariable(table)] = reach.tables[table].name;
  }
  for (const level of ['info', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => {
      lines.push(inspect(line, { depth: 10 }));
    });
  }
  // Functions read their environment when they are loaded.
  outlets = {
    signIn: (await import('../../lambdas/http/sign-in.ts')).handler,
    signUp: (await import('../../lambdas/http/sign-up.ts')).handler,
    accessToken: (await import('../../lambdas/http/access-token.ts')).handler,
    signOut: (await import('../../lambdas/http/sign-out.ts')).handler,
    validateInvitation: (await import('../../lambdas/http/validate-invitation.ts')).handler,
  };
  const { handler } = await import('../../lambdas/internal/generate-invitation.ts');
  generate = (payload) => handler(payload, { awsRequestId: randomUUID() });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await Promise.all([engine?.stop(), pool?.stop()]);
});

const call = (now: number): AuditedCall => ({
  now,
  act: (target) => ({ actor: 'ada', act: 'generateInvitation', target, requestId: randomUUID() }),
});
let invited = 0;
async function newCode(validDays = 14, now = NOW): Promise<string> {
  const { inviteCode } = await generateInvitation(reach, validDays, call(now));
  invited += 1;
  secrets[`code ${invited}`] = inviteCode;
  secrets[`letters ${invited}`] = readCode(inviteCode) ?? '';
  return inviteCode;
}
const rowOf = (inviteCode: string) => getInvitation(reach, hashOf(readCode(inviteCode) ?? ''));

let named = 0;
const newName = () => {
  named += 1;
  return `person-${named}`;
};
async function newUser(): Promise<string> {
  const userName = newName();
  await pool.addUser(userName, GOOD);
  return userName;
}

const ask = (outlet: keyof typeof outlets, body: unknown, options = {}) =>
  callOutlet(outlets[outlet], body, { now: NOW, ...options });
const signUp = (userName: unknown, password: unknown, inviteCode: unknown, options = {}) =>
  ask('signUp', { userName, password, inviteCode }, options);

describe('signIn', () => {
  it('[S0-01] gives the three tokens for a name and a password', async () => {
    const userName = await newUser();
    const { status, body, headers } = await ask('signIn', { userName, password: GOOD });
    expect(status).toBe(200);
    expect(body).toEqual({
      accessToken: expect.stringMatching(/^ey/),
      idToken: expect.stringMatching(/^ey/),
      refreshToken: expect.any(String),
      expiresIn: 3600,
    });
    expect(headers['cache-control']).toBe('no-store');
    Object.assign(secrets, body, { expiresIn: 'never in a log' });
  });

  it('[S0-01] every refusal is the same 401: name, password, disabled, unfinished, locked out', async () => {
    const [known, disabled, locked] = [await newUser(), await newUser(), await newUser()];
    await pool.disable(disabled);
    const unfinished = newName();
    const { openUsers } = await import('../../lambdas/platform/users.ts');
    await openUsers('sign-up').create(unfinished, GOOD, 'some-code');
    for (let tried = 0; tried < 6; tried += 1) {
      await ask('signIn', { userName: locked, password: 'wrong' });
    }
    // At once: the first lock lasts a second.
    const lockedOut = await ask('signIn', { userName: locked, password: GOOD });
    const answers = await Promise.all([
      ask('signIn', { userName: known, password: OTHER }),
      ask('signIn', { userName: 'nobody', password: GOOD }),
      ask('signIn', { userName: 'no#body 🦊', password: GOOD }),
      ask('signIn', { userName: disabled, password: GOOD }),
      ask('signIn', { userName: disabled, password: OTHER }),
      ask('signIn', { userName: unfinished, password: GOOD }),
    ]);
    const [first, ...others] = [...answers, lockedOut];
    expect(first).toMatchObject({ status: 401, body: { code: 'sign-in-refused' } });
    for (const answer of others) expect(answer).toEqual(first);
  });
});

describe('accessToken and signOut', () => {
  it('[S0-03] a refresh token gives new tokens, until it is revoked', async () => {
    const { body: tokens } = await ask('signIn', { userName: await newUser(), password: GOOD });
    const { refreshToken } = tokens;
    const { status, body } = await ask('accessToken', { refreshToken });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'idToken']);
    expect(body.accessToken).not.toBe(tokens.accessToken);

    for (const _again of [1, 2]) {
      expect(await ask('signOut', { refreshToken })).toMatchObject({
        status: 200,
        body: { signedOut: true },
      });
    }
    expect(await ask('accessToken', { refreshToken })).toMatchObject({
      status: 401,
      body: { code: 'refresh-refused' },
    });
  });

  it('[S0-03] anything else is one and the same 401', async () => {
    const { body: tokens } = await ask('signIn', { userName: await newUser(), password: GOOD });
    const wrong = ['x', 'a.b.c.d.e', tokens.accessToken, tokens.idToken, `${tokens.refreshToken}x`];
    const answers = await Promise.all(
      wrong.map((refreshToken) => ask('accessToken', { refreshToken })),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'refresh-refused' } });
    }
    for (const refreshToken of [tokens.accessToken, 'x']) {
      expect(await ask('signOut', { refreshToken })).toMatchObject({ status: 401 });
    }
  });
});

describe('validateInvitation', () => {
  it('[S0-04] says yes as often as it is asked, and changes nothing', async () => {
    const inviteCode = await newCode();
    const before = await rowOf(inviteCode);
    for (const _again of [1, 2, 3]) {
      expect(await ask('validateInvitation', { inviteCode })).toMatchObject({
        status: 200,
        body: { valid: true, expiresAt: new Date((before?.expiresAt ?? 0) * 1000).toISOString() },
      });
    }
    const asTyped = inviteCode.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o');
    expect((await ask('validateInvitation', { inviteCode: asTyped })).status).toBe(200);
    expect(await rowOf(inviteCode)).toEqual(before);
  });

  it('[S0-04] unknown, garbled, expired, claimed and used: all the same 404', async () => {
    const expired = await newCode(1, NOW - 86_400_000);
    const used = await newCode();
    await signUp(newName(), GOOD, used);
    const claimed = await newCode();
    const row = await rowOf(claimed);
    if (row) await claimInvitation(reach, row, 'ann', NOW / 1000 + CLAIM_SECONDS);
    const answers = await Promise.all(
      ['0000-0000-0000-0000', 'nonsense', '', expired, used, claimed].map((inviteCode) =>
        ask('validateInvitation', { inviteCode }),
      ),
    );
    const [first, ...others] = answers;
    expect(first).toMatchObject({ status: 404, body: { code: 'invitation-invalid' } });
    for (const answer of others) expect(answer).toEqual(first);
  });
});

describe('signUp', () => {
  it('[S0-02] makes a finished user, marks the code used, and the user signs in', async () => {
    const inviteCode = await newCode();
    const userName = newName();
    expect(await signUp(userName, GOOD, inviteCode)).toMatchObject({
      status: 200,
      body: { userName },
    });
    expect(await pool.statusOf(userName)).toBe('CONFIRMED');
    const row = await rowOf(inviteCode);
    expect(row).toMatchObject({ state: 'used', version: 3, usedBy: expect.any(String) });
    expect(row).not.toHaveProperty('claimedBy');
    expect((await ask('signIn', { userName, password: GOOD })).status).toBe(200);
  });

  it('[S0-02] a used code makes nobody else, and its own sign-up may be repeated', async () => {
    const inviteCode = await newCode();
    const userName = newName();
    await signUp(userName, GOOD, inviteCode);
    const other = newName();
    expect(await signUp(other, GOOD, inviteCode)).toMatchObject({
      status: 404,
      body: { errorField: 'inviteCode', code: 'invitation-invalid' },
    });
    expect(await pool.statusOf(other)).toBeUndefined();
    expect((await signUp(userName, OTHER, inviteCode)).status).toBe(404);
    expect((await signUp(userName, GOOD, inviteCode)).status).toBe(200);
    expect((await ask('signIn', { userName, password: OTHER })).status).toBe(401);
  });

  it.each([
    {
      what: 'an unknown code',
      change: { inviteCode: '0000-0000-0000-0000' },
      status: 404,
      field: 'inviteCode',
    },
    { what: 'no code', change: { inviteCode: undefined }, status: 404, field: 'inviteCode' },
    { what: 'no name', change: { userName: undefined }, status: 400, field: 'userName' },
    {
      what: '129 characters of a name',
      change: { userName: 'x'.repeat(129) },
      status: 400,
      field: 'userName',
    },
    {
      what: 'an invisible character',
      change: { userName: 'a\u200db' },
      status: 400,
      field: 'userName',
    },
    { what: 'a taken name', change: { userName: 'TAKEN' }, status: 409, field: 'userName' },
    {
      what: 'a weak password',
      change: { password: 'onlysmallletters' },
      status: 400,
      field: 'password',
    },
    { what: 'a short password', change: { password: 'Aa1!' }, status: 400, field: 'password' },
    {
      what: '257 characters of a password',
      change: { password: `Aa1!${'x'.repeat(253)}` },
      status: 400,
      field: 'password',
    },
    { what: 'a number as password', change: { password: 12 }, status: 400, field: 'password' },
  ])(
    '[S0-02] $what is refused by its field and burns no code',
    async ({ change, status, field }) => {
      if ((await pool.statusOf('taken')) === undefined) await pool.addUser('taken', GOOD);
      const inviteCode = await newCode();
      const userName = newName();
      const answer = await ask('signUp', { userName, password: GOOD, inviteCode, ...change });
      expect(answer).toMatchObject({
        status,
        body: { errorField: field, errorMessage: expect.stringMatching(/\.$/) },
      });
      expect(await rowOf(inviteCode)).toMatchObject({ state: 'unused' });
      expect((await signUp(userName, GOOD, inviteCode)).status).toBe(200);
    },
  );

  it.each(['a#b', '名前', '🦊', 'x/../y', 'x'.repeat(128), '__proto__', "o'hara;--"])(
    '[S0-02] %j is somebody’s name as any other',
    async (userName) => {
      expect((await signUp(userName, GOOD, await newCode())).status).toBe(200);
      expect((await ask('signIn', { userName, password: GOOD })).status).toBe(200);
    },
  );

  it('[S0-02] a wrong code tells nothing of names: taken or not, the answer is the same', async () => {
    const userName = await newUser();
    const [taken, free] = await Promise.all([
      signUp(userName, GOOD, '0000-0000-0000-0000'),
      signUp(newName(), GOOD, '0000-0000-0000-0000'),
    ]);
    expect(taken).toEqual(free);
  });

  it('[S0-02] [G10] of fifty at once one gets the account, the others are told to wait or that it is gone', async () => {
    const inviteCode = await newCode();
    const names = Array.from({ length: 50 }, newName);
    const answers = await Promise.all(names.map((name) => signUp(name, GOOD, inviteCode)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body, headers } of answers) {
      if (status === 200) continue;
      expect(body.errorField).toBe('inviteCode');
      expect([404, 409]).toContain(status);
      if (status === 409) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    const statuses = await Promise.all(names.map(pool.statusOf));
    expect(statuses.filter(Boolean)).toEqual(['CONFIRMED']);
  });

  it('[S0-02] one’s own sign-up that died half way is finished once its claim has run out', async () => {
    const inviteCode = await newCode();
    const userName = newName();
    const row = await rowOf(inviteCode);
    if (!row) throw new Error('There is no invitation.');
    await claimInvitation(reach, row, userName, NOW / 1000 + CLAIM_SECONDS);
    const { openUsers } = await import('../../lambdas/platform/users.ts');
    await openUsers('sign-up').create(userName, GOOD, row.code);
    expect(await pool.statusOf(userName)).toBe('FORCE_CHANGE_PASSWORD');

    const tooEarly = await signUp(userName, GOOD, inviteCode);
    expect(tooEarly).toMatchObject({ status: 409, body: { errorField: 'inviteCode' } });
    const now = NOW + Number(tooEarly.headers['retry-after']) * 1000;
    expect((await signUp(userName, GOOD, inviteCode, { now })).status).toBe(200);
    expect(await pool.statusOf(userName)).toBe('CONFIRMED');
  });

  it('[S0-02] what a dead sign-up left behind makes room for the next one', async () => {
    const inviteCode = await newCode();
    const [dead, next] = [newName(), newName()];
    const row = await rowOf(inviteCode);
    if (!row) throw new Error('There is no invitation.');
    await claimInvitation(reach, row, dead, NOW / 1000 - 1);
    const { openUsers } = await import('../../lambdas/platform/users.ts');
    await openUsers('sign-up').create(dead, GOOD, row.code);
    expect((await signUp(next, GOOD, inviteCode)).status).toBe(200);
    expect(await pool.statusOf(dead)).toBeUndefined();
  });
});

describe('throttles', () => {
  it('one address has so many tries a window, over all outlets, and is told when the next begins', async () => {
    const address = freshAddress();
    const tries = Array.from({ length: ANONYMOUS_TRIES_PER_ADDRESS }, (_, at) =>
      at % 2 === 0
        ? ask('validateInvitation', { inviteCode: 'x' }, { address })
        : ask('accessToken', { refreshToken: 'x' }, { address }),
    );
    for (const { status } of await Promise.all(tries)) expect([401, 404]).toContain(status);
    for (const outlet of ['signIn', 'accessToken', 'signOut', 'validateInvitation'] as const) {
      const body = { userName: 'a', password: 'b', refreshToken: 'c', inviteCode: 'd' };
      expect(await ask(outlet, body, { address })).toMatchObject({
        status: 429,
        body: { code: 'too-many-tries' },
        headers: { 'retry-after': '30' },
      });
    }
    expect(await signUp('ann', GOOD, '0000-0000-0000-0000', { address })).toMatchObject({
      status: 429,
      body: { errorField: 'system', code: 'too-many-tries' },
      headers: { 'retry-after': '30' },
    });
    expect((await ask('validateInvitation', { inviteCode: 'x' })).status).toBe(404);
    const now = NOW + 30_000;
    expect((await ask('validateInvitation', { inviteCode: 'x' }, { address, now })).status).toBe(
      404,
    );
  });

  it('an IPv6 network of 2⁶⁴ addresses is one caller', async () => {
    const from = (at: number) => ({ address: `2001:db8:1:2::${at.toString(16)}` });
    for (let at = 0; at < ANONYMOUS_TRIES_PER_ADDRESS; at += 1) {
      await ask('validateInvitation', { inviteCode: 'x' }, from(at));
    }
    expect((await ask('validateInvitation', { inviteCode: 'x' }, from(999))).status).toBe(429);
    const elsewhere = { address: '2001:db8:1:3::1' };
    expect((await ask('validateInvitation', { inviteCode: 'x' }, elsewhere)).status).toBe(404);
  });

  it('everybody together has so many; an address that is over its own takes none of them', async () => {
    const now = NOW + 100 * THROTTLE_WINDOW_SECONDS * 1000;
    const fill = (used: number) =>
      reach.documents.send(
        new UpdateCommand({
          TableName: reach.tables.throttles.name,
          Key: { bucket: bucketKey('everybody', windowAt(now).number) },
          UpdateExpression: 'SET #used = :used',
          ExpressionAttributeNames: { '#used': 'used' },
          ExpressionAttributeValues: { ':used': used },
        }),
      );
    const over = freshAddress();
    await fill(ANONYMOUS_TRIES_IN_TOTAL - ANONYMOUS_TRIES_PER_ADDRESS - 1);
    for (let tried = 0; tried < ANONYMOUS_TRIES_PER_ADDRESS + 5; tried += 1) {
      await ask('validateInvitation', { inviteCode: 'x' }, { now, address: over });
    }
    expect((await ask('validateInvitation', { inviteCode: 'x' }, { now })).status).toBe(404);
    expect((await ask('validateInvitation', { inviteCode: 'x' }, { now })).status).toBe(429);
  });
});

describe('whatever is sent', () => {
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
  const names = ['signIn', 'signUp', 'accessToken', 'signOut', 'validateInvitation'] as const;

  it.each(names)(
    '%s: what is no such message is a 400, and what is too long a 413',
    async (outlet) => {
      const wrong = [
        undefined,
        '',
        '{',
        'null',
        '[]',
        '"text"',
        '7',
        deep,
        '\u0000',
        'a=b&c=d',
        '\ufeff{}',
      ];
      for (const body of wrong) {
        const { status, body: answer } = await ask(outlet, body);
        expect([400, 404], String(body)).toContain(status);
        expect(typeof (answer.message ?? answer.errorMessage)).toBe('string');
      }
      expect((await ask(outlet, `{"a":"${'x'.repeat(FRAME_BYTES)}"}`)).status).toBe(413);
    },
  );

  it('a content type and a coding are what they are: the body is read as JSON', async () => {
    const body = { userName: await newUser(), password: GOOD };
    expect((await ask('signIn', body, { contentType: 'text/plain' })).status).toBe(200);
    expect((await ask('signIn', body, { base64: true })).status).toBe(200);
  });

  it('unknown fields are ignored, of repeated ones the last counts, and prototypes stay what they are', async () => {
    const userName = await newUser();
    const said = JSON.stringify({ userName, password: GOOD }).slice(1, -1);
    const strange = `{"userName":"nobody","isAdmin":true,"__proto__":{"password":"x"},${said}}`;
    expect((await ask('signIn', strange)).status).toBe(200);
    expect(Object.hasOwn(Object.prototype, 'password')).toBe(false);
    expect((await ask('signIn', `{"__proto__":{${said}}}`)).status).toBe(400);
  });

  it.each([
    ['signIn', { userName: 'x'.repeat(129), password: GOOD }],
    ['signIn', { userName: '', password: GOOD }],
    ['signIn', { userName: 'ann', password: 'x'.repeat(257) }],
    ['signIn', { userName: ['ann'], password: GOOD }],
    ['accessToken', { refreshToken: 'x'.repeat(4097) }],
    ['accessToken', { refreshToken: {} }],
    ['validateInvitation', { inviteCode: 'x'.repeat(129) }],
  ] as const)(
    '%s refuses fields out of bounds without repeating them: %#',
    async (outlet, body) => {
      const answer = await ask(outlet, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'malformed' } });
      expect(JSON.stringify(answer.body)).not.toContain('xxx');
    },
  );

  it('a defect is a 500 that tells nothing, and one line of the log with its cause', async () => {
    const { name } = reach.tables.throttles;
    const broken = { address: 'x'.repeat(3000) }; // longer than a key may be
    const before = lines.length;
    const answer = await ask('signIn', { userName: 'ann', password: GOOD }, broken);
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(answer.body)).not.toContain(name);
    expect(await signUp('ann', GOOD, '0000-0000-0000-0000', broken)).toMatchObject({
      status: 500,
      body: { errorField: 'system', errorMessage: 'Something failed here.' },
    });
    expect(lines.slice(before).filter((line) => line.includes('operation.failed'))).toHaveLength(2);
  });
});

describe('generateInvitation', () => {
  it('[S0-05] answers a code that works, keeps its hash alone, and logs the fact without it', async () => {
    const before = lines.length;
    const answer = (await generate({ validDays: 2 })) as { inviteCode: string; expiresAt: string };
    expect(answer.inviteCode).toMatch(/^[\dA-Z]{4}(-[\dA-Z]{4}){3}$/);
    secrets['generated code'] = answer.inviteCode;
    secrets['generated letters'] = readCode(answer.inviteCode) ?? '';
    const row = await rowOf(answer.inviteCode);
    expect(JSON.stringify(row)).not.toContain(readCode(answer.inviteCode));
    const days = (Date.parse(answer.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.99);
    expect(days).toBeLessThanOrEqual(2);
    const [line = ''] = lines.slice(before);
    expect(line).toContain('invitation.generated');
    expect(line).toContain(row?.code);
  });

  it('[S0-05] [S2-07] stands in the audit log, by its hash', async () => {
    const { inviteCode } = (await generate({ actor: 'ada' })) as { inviteCode: string };
    const target = targetOf('invitation', hashOf(readCode(inviteCode) ?? ''));
    const { Items = [] } = await reach.documents.send(
      new QueryCommand({
        TableName: reach.tables.audit.name,
        IndexName: TARGET_INDEX,
        KeyConditionExpression: 'target = :target',
        ExpressionAttributeValues: { ':target': target },
      }),
    );
    expect(Items).toMatchObject([
      { actor: 'ada', act: 'generateInvitation', outcome: 'begun' },
      { outcome: 'done', after: { expiresAt: expect.any(String) } },
    ]);
    expect(JSON.stringify(Items)).not.toContain(inviteCode);
    expect(JSON.stringify(Items)).not.toContain(readCode(inviteCode));
  });

  it.each([undefined, null, {}])(
    '[S0-05] asks for nothing: %j is answered too',
    async (payload) => {
      expect(await generate(payload)).toMatchObject({ inviteCode: expect.any(String) });
    },
  );

  it.each([
    { validDays: 0 },
    { validDays: 91 },
    { validDays: 1.5 },
    { validDays: '7' },
    [[]],
    'x',
    7,
  ])('a payload of another shape is refused as a value: %j', async (payload) => {
    expect(await generate(payload)).toMatchObject({
      refused: { code: 'malformed', message: expect.any(String) },
    });
  });
});

it('after all of that no line of a log has a password, a token or a code in it', () => {
  expect(lines.length).toBeGreaterThan(10);
  expect(findSecrets({ log: lines.join('\n') }, secrets)).toEqual([]);
  expect(findSecrets({ log: `… ${GOOD} …` }, secrets)).toEqual(['GOOD stands in log']);
});
