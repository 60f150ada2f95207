import { randomUUID } from 'node:crypto';
import { AwsFault, type Clock, type Store } from '../service.ts';
import { type Attributes, toWire } from './attributes.ts';
import type { Pool } from './pool.ts';

/** One user, as kept in the store. Times are in milliseconds since the epoch. */
export interface Account {
  readonly username: string;
  readonly sub: string;
  readonly attributes: Attributes;
  readonly status: 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD';
  readonly isEnabled: boolean;
  readonly password: string;
  /** Until when a temporary password may be used; absent for a permanent one. */
  readonly temporaryUntil?: number;
  readonly groups: readonly string[];
  readonly createdAt: number;
  readonly modifiedAt: number;
}

interface NewAccount {
  readonly username: string;
  readonly attributes: Attributes;
  readonly status: Account['status'];
  readonly password: string;
  readonly temporaryUntil?: number;
}

/** The users of one pool. */
export interface Accounts {
  /** By username, sub or alias. */
  find(name: string): Account | undefined;
  /** Throws a UserNotFoundException. */
  get(name: string): Account;
  /** Throws a UsernameExistsException with this message when the name is taken. */
  add(account: NewAccount, messageWhenTaken: string): Account;
  change(name: string, change: Partial<Account>): Account;
  remove(name: string): Account;
  /** Sorted by username. */
  all(): readonly Account[];
}

const SUB = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

export function openAccounts(pool: Pool, store: Store, clock: Clock): Accounts {
  const area = `cognito-users/${pool.id}`;
  const fold = (name: string) => (pool.usernamesAreCaseSensitive ? name : name.toLowerCase());

  const read = (key: string): Account | undefined => {
    const row = store.get(area, key);
    return row === undefined ? undefined : JSON.parse(row);
  };
  const all = (): Account[] =>
    store
      .entries(area)
      .map(([, row]) => JSON.parse(row) as Account)
      .sort((a, b) => (a.username < b.username ? -1 : 1));
  const find = (name: string): Account | undefined => {
    const wanted = fold(name);
    const isWanted = (value: string | undefined) => value !== undefined && fold(value) === wanted;
    const direct = read(wanted);
    const hasOtherNames = pool.aliases.length > 0 || SUB.test(name);
    if (direct || !hasOtherNames) return direct;
    return all().find(
      (account) =>
        account.sub === name || pool.aliases.some((alias) => isWanted(account.attributes[alias])),
    );
  };
  const get = (name: string): Account => {
    const account = find(name);
    if (!account) throw userNotFound();
    return account;
  };
  const put = (account: Account): Account => {
    store.set(area, fold(account.username), JSON.stringify(account));
    return account;
  };

  return {
    find,
    get,
    all,
    add(fresh, messageWhenTaken) {
      if (find(fresh.username)) throw new AwsFault('UsernameExistsException', messageWhenTaken);
      const sub = randomUUID();
      const now = clock.now();
      const alias = pool.usernameAttributes.find((name) => looksLike(name, fresh.username));
      const named = alias
        ? { username: sub, attributes: { ...fresh.attributes, [alias]: fresh.username } }
        : { username: fold(fresh.username) };
      const about = { sub, isEnabled: true, groups: [], createdAt: now, modifiedAt: now };
      return put({ ...fresh, ...about, ...named });
    },
    change: (name, change) => put({ ...get(name), ...change, modifiedAt: clock.now() }),
    remove(name) {
      const account = get(name);
      store.delete(area, fold(account.username));
      return account;
    },
  };
}

function looksLike(attribute: string, username: string): boolean {
  return attribute === 'email' ? username.includes('@') : username.startsWith('+');
}

export function userNotFound(): AwsFault {
  return new AwsFault('UserNotFoundException', 'User does not exist.');
}

/** The user in the shape of AdminGetUser (`UserAttributes`) or of lists (`Attributes`). */
export function describeAccount(account: Account, attributes: 'UserAttributes' | 'Attributes') {
  return {
    Username: account.username,
    [attributes]: toWire(account.sub, account.attributes),
    UserCreateDate: account.createdAt / 1000,
    UserLastModifiedDate: account.modifiedAt / 1000,
    Enabled: account.isEnabled,
    UserStatus: account.status,
  };
}
