import type { Group } from './group.ts';
import { required, text } from './input.ts';
import type { Pool } from './pool.ts';
import type { Action } from './room.ts';

export const createGroup: Action = (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  const group = pool.groups.add({
    name: required(input, 'GroupName'),
    description: text(input, 'Description'),
    precedence: typeof input.Precedence === 'number' ? input.Precedence : undefined,
  });
  return { Group: describeGroup(group, pool) };
};

export const listGroups: Action = (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  return { Groups: pool.groups.all().map((group) => describeGroup(group, pool)) };
};

export const adminAddUserToGroup: Action = (room, input) => {
  const { accounts, groups } = room.pool(required(input, 'UserPoolId'));
  const account = accounts.get(required(input, 'Username'));
  const { name } = groups.get(required(input, 'GroupName'));
  accounts.change(account.username, { groups: [...new Set([...account.groups, name])] });
  return {};
};

export const adminRemoveUserFromGroup: Action = (room, input) => {
  const { accounts, groups } = room.pool(required(input, 'UserPoolId'));
  const account = accounts.get(required(input, 'Username'));
  const { name } = groups.get(required(input, 'GroupName'));
  accounts.change(account.username, { groups: account.groups.filter((group) => group !== name) });
  return {};
};

export const adminListGroupsForUser: Action = (room, input) => {
  const pool = room.pool(required(input, 'UserPoolId'));
  const account = pool.accounts.get(required(input, 'Username'));
  return {
    Groups: account.groups.map((name) => describeGroup(pool.groups.get(name), pool)),
  };
};

function describeGroup(group: Group, pool: Pool) {
  return {
    GroupName: group.name,
    UserPoolId: pool.id,
    Description: group.description,
    Precedence: group.precedence,
    CreationDate: group.createdAt / 1000,
    LastModifiedDate: group.createdAt / 1000,
  };
}
