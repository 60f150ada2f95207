import { PAYLOAD_PATH } from '../contract/paths.ts';
import type { NotificationRow } from '../contract/tables.ts';
import type { Carried } from './frames.ts';

/** What a frame carries of a message on this topic; `httpUrl` tells where the HTTP API answers. */
export function carriedOf(row: NotificationRow, topic: string, httpUrl: () => string): Carried {
  if (row.payload !== undefined) return { payload: row.payload };
  const query = new URLSearchParams({ topic, id: row.id });
  const href = `${httpUrl()}${PAYLOAD_PATH}?${query}`;
  return { reference: { href, bytes: row.bytes } };
}
