import { BatchWriteCommand, type BatchWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { newConnection } from '../../rules/connection.ts';
import type { EveryReach } from './engine.ts';
import type { TestSockets } from './sockets.ts';

/** Many connections at once, two minutes old, as the door `none` lets them in; their ids. */
export async function openCrowd(
  { documents, tables, sockets }: EveryReach & { readonly sockets: TestSockets },
  count: number,
  now: number,
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, at) => `crowd-${String(at).padStart(5, '0')}`);
  const rows = ids.map((id) => ({ ...newConnection(id, 'CONNECTED', now - 120_000) }));
  for (const id of ids) sockets.open(id);
  for (let at = 0; at < rows.length; at += 25) {
    const writes = rows.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    const RequestItems: BatchWriteCommandInput['RequestItems'] = {
      [tables.connections.name]: writes,
    };
    await documents.send(new BatchWriteCommand({ RequestItems }));
  }
  return ids;
}
