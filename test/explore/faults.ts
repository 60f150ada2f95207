import { randomUUID } from 'node:crypto';
import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { PLAYER_ITEM } from '../../contract/tables.ts';
import { type Command, itemsOf, type TransactItem } from './commands.ts';
import type { Plant } from './world.ts';

interface Fault extends Plant {
  /** Within so many schedules it must have been found. */
  readonly within: number;
  /**
   * Of the schedules; one in which what it needs comes early.
   *
   * @default 1
   */
  readonly seed?: number;
}

type Commands = NonNullable<Plant['command']>;

interface Write {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

/** Takes a piece out of every condition that has it; only of updates that say `of`, if given. */
const without =
  (piece: string | RegExp, of = ''): Commands =>
  (command) => {
    const strip = <Each extends Write>(write: Each): Each =>
      (write.UpdateExpression ?? '').includes(of) ? stripped(write, piece) : write;
    if (command instanceof PutCommand) return [new PutCommand(strip(command.input))];
    if (command instanceof UpdateCommand) return [new UpdateCommand(strip(command.input))];
    if (!(command instanceof TransactWriteCommand)) return [command];
    const TransactItems = itemsOf(command).map(({ Update, Put, ...rest }) => ({
      ...rest,
      ...(Update && { Update: strip(Update) }),
      ...(Put && { Put: strip(Put) }),
    }));
    return [new TransactWriteCommand({ ...command.input, TransactItems })];
  };

function stripped<Each extends Write>(write: Each, piece: string | RegExp): Each {
  const left = write.ConditionExpression?.replace(piece, '').trim();
  // DynamoDB refuses names and values that nothing uses.
  const used: readonly string[] = `${left} ${write.UpdateExpression}`.match(/[#:]\w+/g) ?? [];
  const keep = (all: Record<string, unknown> | undefined) => {
    const kept = Object.entries(all ?? {}).filter(([name]) => used.includes(name));
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  };
  return {
    ...write,
    ConditionExpression: left || undefined,
    ExpressionAttributeNames: keep(write.ExpressionAttributeNames),
    ExpressionAttributeValues: keep(write.ExpressionAttributeValues),
  };
}

/** Changes transactions that have an update like this one. */
const onTransaction =
  (
    expression: string,
    change: (
      items: readonly TransactItem[],
      update: NonNullable<TransactItem['Update']>,
    ) => Command[],
  ): Commands =>
  (command) => {
    const items = itemsOf(command);
    const update = items
      .map(({ Update }) => Update)
      .find((each) => each?.UpdateExpression?.includes(expression));
    return update ? change(items, update) : [command];
  };

const apart = (items: readonly TransactItem[]): Command[] =>
  items.map((item) => new TransactWriteCommand({ TransactItems: [item] }));

/** Mistakes that the explorer must find; planted into what flows send, never into the flows. */
export const faults: Readonly<Record<string, Fault>> = {
  'bind without its condition': {
    within: 100,
    command: without(/^#status = :c0 OR .*/s),
  },
  'bind in two transactions': {
    within: 100,
    command: onTransaction('ADD #conns', apart),
  },
  'no tombstone on an early departure': {
    within: 100,
    command: (command) => {
      if (!(command instanceof PutCommand)) return [command];
      const { Item, ConditionExpression } = command.input;
      const isEarly = ConditionExpression === 'attribute_not_exists(#connectionId)';
      return isEarly && Item?.status === 'DISCONNECTED' ? [] : [command];
    },
  },
  'a row over a tombstone': {
    within: 100,
    seed: 11,
    command: without('attribute_not_exists(#connectionId)'),
  },
  'a tombstone over whatever came meanwhile': {
    within: 100,
    seed: 4,
    command: without(/^#status = :c0$/),
  },
  'departure in two transactions': {
    within: 100,
    command: onTransaction('DELETE #conns', apart),
  },
  'a sign of life of one that has left': {
    within: 100,
    seed: 16,
    command: without('#status IN (:c0, :c1)', '#timestamp'),
  },
  'end of session without its emptiness condition': {
    within: 100,
    command: without('attribute_not_exists(#conns) AND '),
  },
  'end of session within the grace time': {
    within: 100,
    seed: 11,
    command: without(' AND #detachedAt <= :c1'),
  },
  'session and player ended apart': {
    within: 100,
    command: onTransaction('#state = :u0, #dormant', apart),
  },
  'version raised on a re-bind': {
    within: 100,
    command: onTransaction('ADD #conns', (items, { TableName, Key }) => {
      const raise: TransactItem = {
        Update: {
          TableName,
          Key: { player: Key?.player, item: PLAYER_ITEM },
          UpdateExpression: 'ADD #version :one',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':one': 1 },
        },
      };
      return [new TransactWriteCommand({ TransactItems: [...items, raise] })];
    }),
  },
  'a late end that makes subscriptions of a later life dormant': {
    within: 100,
    seed: 8,
    command: without(/^#life <= :c0$/, 'SET #ttl'),
  },
  'a session more than the limit': {
    within: 100,
    command: without(/AND \(attribute_not_exists\(#sessions\) OR size\(#sessions\) < :c\d\)/),
  },
  'a revocation that a bind does not ask about': {
    within: 100,
    seed: 13,
    command: without(/AND\s+attribute_not_exists\(#revokedUntil\)/),
  },
  'a revocation that leaves no mark': {
    within: 100,
    command: (command) =>
      command instanceof UpdateCommand &&
      command.input.UpdateExpression?.startsWith('SET #revokedUntil')
        ? []
        : [command],
  },
  'a topic that a session has in two shards': {
    within: 50,
    seed: 2,
    command: without(/ AND NOT \(contains.*\)$/, 'ADD #topics'),
  },
  'an unsubscribe that guesses the shard': {
    within: 50,
    seed: 4,
    command: without(' AND attribute_not_exists(#shards)', 'DELETE #topics'),
  },
  'no reaper': {
    within: 100,
    message: (queue) => queue !== 'reaper',
  },
  'no session check': {
    within: 100,
    message: (queue) => queue !== 'session-check',
  },
  'an event that the bus does not take is forgotten': {
    within: 100,
    seed: 6,
    message: (queue) => queue !== 'parked-events',
  },
  'an event with a new id each time': {
    within: 100,
    event: ({ detail, ...event }) => {
      const told = { ...JSON.parse(detail), eventId: randomUUID() };
      return { ...event, detail: JSON.stringify(told) };
    },
  },
  'an event that says when it was told': {
    within: 100,
    event: ({ detail, ...event }) => {
      const told = { ...JSON.parse(detail), at: randomUUID() };
      return { ...event, detail: JSON.stringify(told) };
    },
  },
};
