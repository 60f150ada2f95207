import type { FunctionName } from '../../contract/functions.ts';
import { HEAD_ID, type SessionRow, type TableName } from '../../contract/tables.ts';

interface StreamSource {
  readonly table: TableName;
  /** In EventBridge's pattern language: records that do not match are never delivered, nor paid for. */
  readonly filter: object;
}

type Attribute = keyof SessionRow;

/** Which table's stream feeds which function, with what of it. */
export const streamSources = {
  'fan-out': {
    table: 'notifications',
    // New messages: neither the stamping of old ones nor the counters of topics.
    filter: {
      eventName: ['INSERT'],
      dynamodb: { Keys: { id: { S: [{ 'anything-but': [HEAD_ID] }] } } },
    },
  },
  'session-stream': {
    table: 'sessions',
    // A live session whose set of connections has just become empty, which is: vanished.
    filter: {
      eventName: ['MODIFY'],
      dynamodb: {
        NewImage: {
          state: { S: ['live'] },
          conns: { SS: [{ exists: false }] },
        } satisfies { [Name in Attribute]?: object },
        OldImage: { conns: { SS: [{ exists: true }] } } satisfies { [Name in Attribute]?: object },
      },
    },
  },
} as const satisfies { readonly [Name in FunctionName]?: StreamSource };

export type StreamFunction = keyof typeof streamSources;
