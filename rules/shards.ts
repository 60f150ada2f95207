import { hash } from 'node:crypto';
import { SUBSCRIBERS_PER_SHARD } from '../contract/limits.ts';

/**
 * How many shards a topic with so many subscribers has at least. It doubles, so that a topic which grows is seldom
 * spread anew: those who are there already stay where they are.
 */
export const shardsFor = (subscribers: number, most = SUBSCRIBERS_PER_SHARD): number =>
  2 ** Math.ceil(Math.log2(Math.max(1, subscribers / most)));

/** Which of so many shards takes a new subscriber: always the same one, and each about as often. */
export const shardFor = (subscriber: string, shards: number): number =>
  shards === 1 ? 0 : hash('sha1', subscriber, 'buffer').readUInt32BE() % shards;
