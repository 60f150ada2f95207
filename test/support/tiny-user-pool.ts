import { randomUUID } from 'node:crypto';
import { PASSWORD_LEAST_CHARACTERS } from '../../contract/limits.ts';
import type { SignUpReach } from '../../lambdas/flows/sign-up.ts';

type SignUpUsers = SignUpReach['users'];

interface TinyUser {
  readonly userId: string;
  readonly userName: string;
  readonly invitation?: string;
  password: string;
  isFinished: boolean;
}

export interface TinyUserPool extends SignUpUsers {
  readonly all: TinyUser[];
  addUser(userName: string, password: string): Promise<void>;
}

/**
 * A user pool in memory, for thousands of sign-ups where hashing every password would take minutes.
 * `test/flows/users.test.ts` holds it to what the stage's Cognito answers.
 */
export function openTinyUserPool(): TinyUserPool {
  const all: TinyUser[] = [];
  const named = (userName: string) =>
    all.find((user) => user.userName.toLowerCase() === userName.toLowerCase());
  const isGood = (password: string) =>
    password.length >= PASSWORD_LEAST_CHARACTERS &&
    [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].every((kind) => kind.test(password));
  const add = (user: Omit<TinyUser, 'userId'>): TinyUser => {
    const made = { ...user, userId: randomUUID() };
    all.push(made);
    return made;
  };
  return {
    all,
    addUser: async (userName, password) => void add({ userName, password, isFinished: true }),
    signIn: async (userName, password) => {
      const user = named(userName);
      if (!user?.isFinished || user.password !== password) return undefined;
      const expiresIn = 3600;
      return { accessToken: 'a', idToken: 'i', refreshToken: user.userId, expiresIn };
    },
    refresh: async (refreshToken) =>
      all.some(({ userId }) => userId === refreshToken)
        ? { accessToken: 'a', idToken: 'i', expiresIn: 3600 }
        : undefined,
    revoke: async () => true,
    create: async (userName, password, invitation) => {
      if (!isGood(password)) return { is: 'password-invalid' };
      if (named(userName)) return { is: 'taken' };
      const { userId } = add({ userName, password, invitation, isFinished: false });
      return { is: 'created', userId };
    },
    finish: async (userId, password) => {
      const user = all.find((each) => each.userId === userId);
      if (!user) throw new Error('UserNotFoundException');
      user.password = password;
      user.isFinished = true;
    },
    find: async (userName) => {
      const user = named(userName);
      return (
        user && {
          userId: user.userId,
          isFinished: user.isFinished,
          ...(user.invitation !== undefined && { invitation: user.invitation }),
        }
      );
    },
    remove: async (userId) => {
      const at = all.findIndex((user) => user.userId === userId);
      if (at >= 0) all.splice(at, 1);
    },
  };
}
