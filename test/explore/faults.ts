import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { PLAYER_ITEM } from '../../contract/tables.ts';
import { type Command, itemsOf, type TransactItem } from './commands.ts';
import type { Plant } from './world.ts';

interface Fault {
  /** Within so many schedules it must have been found. */
  readonly within: number;
  /** Of the schedules; one in which what it needs comes early. */
  readonly seed: number;
  readonly plant: Plant;
}

interface Write {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

export const healthy: Plant = (command) => [command];

/** Takes a piece out of every condition that has it. */
export const withoutCondition =
  (piece: string | RegExp): Plant =>
  (command) => {
    if (command instanceof PutCommand) return [new PutCommand(strip(command.input, piece))];
    if (command instanceof UpdateCommand) return [new UpdateCommand(strip(command.input, piece))];
    if (!(command instanceof TransactWriteCommand)) return [command];
    const stripped = itemsOf(command).map(({ Update, Put, ...rest }) => ({
      ...rest,
      ...(Update && { Update: strip(Update, piece) }),
      ...(Put && { Put: strip(Put, piece) }),
    }));
    return [new TransactWriteCommand({ TransactItems: stripped })];
  };

function strip<Each extends Write>(write: Each, piece: string | RegExp): Each {
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
  ): Plant =>
  (command) => {
    const items = itemsOf(command);
    const update = items
      .map(({ Update }) => Update)
      .find((each) => each?.UpdateExpression?.includes(expression));
    return update ? change(items, update) : [command];
  };

/** Mistakes that the explorer must find; planted into what flows send, never into the flows. */
export const faults = {
  'bind without its condition': {
    within: 100,
    seed: 1,
    plant: withoutCondition(/^#status = :c0 OR .*/s),
  },
  'no tombstone on an early departure': {
    within: 100,
    seed: 1,
    plant: (command) => {
      if (!(command instanceof PutCommand)) return [command];
      const { Item, ConditionExpression } = command.input;
      const isEarly = ConditionExpression === 'attribute_not_exists(#connectionId)';
      return isEarly && Item?.status === 'DISCONNECTED' ? [] : [command];
    },
  },
  'end of session without its emptiness condition': {
    within: 100,
    seed: 2,
    plant: withoutCondition('attribute_not_exists(#conns) AND '),
  },
  'session and player ended apart': {
    within: 100,
    seed: 1,
    plant: onTransaction('#state = :u0, #dormant', (items) =>
      items.map((item) => new TransactWriteCommand({ TransactItems: [item] })),
    ),
  },
  'version raised on a re-bind': {
    within: 100,
    seed: 1,
    plant: onTransaction('ADD #conns', (items, { TableName, Key }) => {
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
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];
