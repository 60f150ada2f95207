import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUsers } from '../../lambdas/platform/users.ts';
import { openTinyUserPool } from '../support/tiny-user-pool.ts';
import { startUserPool, type TestUserPool } from '../support/user-pool.ts';

const GOOD = 'Correct-Horse-7';
const OTHER = 'Other-Horse-8!';

let real: TestUserPool;
beforeAll(async () => {
  real = await startUserPool();
  Object.assign(process.env, real.environment);
});
afterAll(() => real.stop());

// The explorer of invitations runs on the tiny pool: it must not be kinder than the real one.
describe.each([
  { where: 'the stage’s Cognito', open: () => ({ users: openUsers('sign-up'), pool: real }) },
  {
    where: 'the tiny pool',
    open: () => {
      const tiny = openTinyUserPool();
      return { users: tiny, pool: tiny };
    },
  },
])('users of $where', ({ open }) => {
  it('one who was created cannot sign in before being finished, then with the last password only', async () => {
    const { users } = open();
    const created = await users.create('ann', GOOD, 'code-1');
    expect(created).toEqual({ is: 'created', userId: expect.any(String) });
    const userId = created.is === 'created' ? created.userId : '';
    expect(await users.find('ann')).toEqual({ userId, isFinished: false, invitation: 'code-1' });
    expect(await users.signIn('ann', GOOD)).toBeUndefined();

    await users.finish(userId, OTHER);
    expect(await users.find('ann')).toEqual({ userId, isFinished: true, invitation: 'code-1' });
    expect(await users.signIn('ann', GOOD)).toBeUndefined();
    expect(await users.signIn('ann', OTHER)).toEqual({
      accessToken: expect.any(String),
      idToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 3600,
    });
  });

  it('a name is taken in every spelling of case, and found in each', async () => {
    const { users } = open();
    await users.create('Bob', GOOD, 'code-2');
    expect(await users.create('bOB', GOOD, 'code-3')).toEqual({ is: 'taken' });
    expect(await users.find('BOB')).toMatchObject({ invitation: 'code-2' });
  });

  it.each(['short', 'nocapitals-77', 'NOSMALL-77-77', 'NoDigits-Horse', 'NoSymbols77777'])(
    'the policy refuses "%s", and nobody is created',
    async (password) => {
      const { users } = open();
      expect(await users.create('weak', password, 'code')).toEqual({ is: 'password-invalid' });
      expect(await users.find('weak')).toBeUndefined();
    },
  );

  it('a weak password is refused before a taken name is told of', async () => {
    const { users, pool } = open();
    await pool.addUser('eve', GOOD);
    expect(await users.create('eve', 'weak', 'code')).toEqual({ is: 'password-invalid' });
  });

  it('a removed user is gone, and removing again is harmless', async () => {
    const { users } = open();
    const created = await users.create('dan', GOOD, 'code-4');
    const userId = created.is === 'created' ? created.userId : '';
    await users.remove(userId);
    await users.remove(userId);
    expect(await users.find('dan')).toBeUndefined();
    await expect(users.finish(userId, GOOD)).rejects.toThrow();
    expect(await users.create('dan', GOOD, 'code-5')).toMatchObject({ is: 'created' });
  });

  it('one whom no invitation made names none', async () => {
    const { users, pool } = open();
    await pool.addUser('joe', GOOD);
    expect(await users.find('joe')).toEqual({ userId: expect.any(String), isFinished: true });
  });
});
