import type { FunctionName, QueueName } from '../../contract/functions.ts';
import {
  HEAD_ID,
  PAYLOAD_ID,
  PLAYER_ITEM,
  type SessionRow,
  type TableName,
} from '../../contract/tables.ts';

export interface StreamSource {
  readonly table: TableName;
  /**
   * In EventBridge's pattern language: records that match none of them are never delivered, nor paid
   * for. Lambda admits five.
   */
  readonly filters: readonly object[];
  /**
   * Who takes up the batches that the mapping gave up on.
   *
   * @default - nobody: they wait for a person
   */
  readonly parksIn?: QueueName;
}

type Attribute = keyof SessionRow;

/** Neither the stamping of messages, nor the counters of topics, nor payloads that stand apart. */
const newNotification = {
  eventName: ['INSERT'],
  dynamodb: { Keys: { id: { S: [{ 'anything-but': [HEAD_ID, PAYLOAD_ID] }] } } },
};

/** A live session whose set of connections has just become empty, which is: vanished. */
const sessionLeft = {
  eventName: ['MODIFY'],
  dynamodb: {
    NewImage: {
      state: { S: ['live'] },
      conns: { SS: [{ exists: false }] },
    } satisfies { [Name in Attribute]?: object },
    OldImage: { conns: { SS: [{ exists: true }] } } satisfies { [Name in Attribute]?: object },
  },
};

/** Each change of a player's row is a session that appeared or vanished: nothing else writes it. */
const playerChanged = {
  eventName: ['INSERT', 'MODIFY'],
  dynamodb: { Keys: { item: { S: [PLAYER_ITEM] } } },
};

/** Which table's stream feeds which function, with what of it. */
export const streamSources = {
  'fan-out': {
    table: 'notifications',
    filters: [newNotification],
    parksIn: 'parked-notifications',
  },
  'notification-bridge': { table: 'notifications', filters: [newNotification] },
  'session-stream': { table: 'sessions', filters: [sessionLeft, playerChanged] },
} as const satisfies { readonly [Name in FunctionName]?: StreamSource };

export type StreamFunction = keyof typeof streamSources;
