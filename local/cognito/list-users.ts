import { type Account, describeAccount } from './account.ts';
import { invalidParameter, required, text } from './input.ts';
import type { Action } from './room.ts';

const LARGEST_PAGE = 60;
/** `email = "a@b.c"`, `username ^= "jo"`. */
const FILTER = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/;

/** The users of a pool by name, in pages. */
export const listUsers: Action = (room, input) => {
  const { accounts } = room.pool(required(input, 'UserPoolId'));
  const isAsked = readFilter(text(input, 'Filter'));
  const after = readToken(text(input, 'PaginationToken'));
  const size = Math.min(Number(input.Limit ?? LARGEST_PAGE), LARGEST_PAGE);
  const found = accounts.all().filter((account) => account.username > after && isAsked(account));
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    Users: page.map((account) => describeAccount(account, 'Attributes')),
    ...(last && found.length > size && { PaginationToken: toToken(last.username) }),
  };
};

function readFilter(filter: string | undefined): (account: Account) => boolean {
  if (!filter) return () => true;
  const [, name = '', operator, quoted = ''] = FILTER.exec(filter) ?? [];
  if (!operator) throw invalidParameter('Error while parsing filter.');
  const wanted = quoted.replaceAll(/\\(.)/g, '$1');
  return (account) => {
    const value = attributeOf(account, name) ?? '';
    return operator === '=' ? value === wanted : value.startsWith(wanted);
  };
}

function attributeOf(account: Account, name: string): string | undefined {
  if (name === 'username' || name === 'sub') return account[name];
  if (name === 'cognito:user_status') return account.status;
  if (name === 'status') return account.isEnabled ? 'Enabled' : 'Disabled';
  return account.attributes[name];
}

function toToken(username: string): string {
  return Buffer.from(username).toString('base64url');
}

function readToken(token: string | undefined): string {
  return Buffer.from(token ?? '', 'base64url').toString('utf8');
}
