import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DirectMessageRow } from '../../contract/tables.ts';
import type { Counts } from '../../rules/direct-message.ts';
import type { Reaches } from '../platform/reach.ts';
import { conditional, type Expression, ex, holds, updating } from './expression.ts';

type Reach<Rights extends 'get' | 'put' | 'update'> = Reaches<{ messages: Rights }>;

/** False when there is a message of that id already. */
export const beginMessage = (reach: Reach<'put'>, row: DirectMessageRow): Promise<boolean> =>
  putMessage(reach, row, ex`attribute_not_exists(#message)`);

/** Writes what became of it since `was`; false when somebody else has written meanwhile. */
export const advanceMessage = (
  reach: Reach<'put'>,
  was: DirectMessageRow,
  row: DirectMessageRow,
): Promise<boolean> => putMessage(reach, row, ex`#version = ${was.version}`);

const putMessage = (
  { documents, tables }: Reach<'put'>,
  row: DirectMessageRow,
  condition: Expression,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new PutCommand({ TableName: tables.messages.name, Item: row, ...conditional(condition) }),
    ),
  );

export async function getMessage(
  { documents, tables }: Reach<'get'>,
  message: string,
): Promise<DirectMessageRow | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: tables.messages.name, Key: { message }, ConsistentRead: true }),
  );
  return Item as DirectMessageRow | undefined;
}

/** All its pages are in the queue: nobody has to take it over any more. False when somebody has. */
export const leaveToPages = (
  reach: Reach<'update'>,
  { message, version }: DirectMessageRow,
): Promise<boolean> =>
  updateMessage(
    reach,
    message,
    ex`REMOVE #claimedUntil ADD #version ${1}`,
    ex`#version = ${version}`,
  );

/** Counts a page; false when it was counted before, or belongs to a try that another one has taken over. */
export const countPage = (
  reach: Reach<'update'>,
  message: string,
  page: string,
  { delivered, gone, failed }: Counts,
): Promise<boolean> =>
  updateMessage(
    reach,
    message,
    ex`ADD #delivered ${delivered}, #gone ${gone}, #failed ${failed} DELETE #waiting ${new Set([page])}`,
    ex`contains(#waiting, ${page})`,
  );

const updateMessage = (
  { documents, tables }: Reach<'update'>,
  message: string,
  change: Expression,
  condition: Expression,
): Promise<boolean> =>
  holds(() =>
    documents.send(
      new UpdateCommand({
        TableName: tables.messages.name,
        Key: { message },
        ...updating(change, condition),
      }),
    ),
  );
