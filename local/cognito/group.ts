import { AwsFault, type Clock, type Store } from '../service.ts';
import { notFound } from './input.ts';
import type { Pool } from './pool.ts';

/** A group of a pool; times in milliseconds since the epoch. */
export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly precedence?: number;
  readonly createdAt: number;
}

/** The groups of one pool: the template's, and those made since. */
export interface Groups {
  all(): readonly Group[];
  /** Throws a ResourceNotFoundException. */
  get(name: string): Group;
  /** Throws a GroupExistsException. */
  add(group: Omit<Group, 'createdAt'>): Group;
}

export function openGroups(pool: Pool, store: Store, clock: Clock): Groups {
  const area = `cognito-groups/${pool.id}`;
  const read = (name: string): Group | undefined => {
    const row = store.get(area, name);
    return row === undefined ? undefined : JSON.parse(row);
  };
  const put = (group: Omit<Group, 'createdAt'>): Group => {
    const made = { createdAt: clock.now(), ...read(group.name), ...group };
    store.set(area, group.name, JSON.stringify(made));
    return made;
  };
  pool.templateGroups.forEach(put);
  return {
    all: () => store.entries(area).map(([, row]) => JSON.parse(row)),
    get(name) {
      const group = read(name);
      if (!group) throw notFound('Group not found.');
      return group;
    },
    add(group) {
      if (read(group.name)) {
        throw new AwsFault('GroupExistsException', 'A group with the name already exists.');
      }
      return put(group);
    },
  };
}
