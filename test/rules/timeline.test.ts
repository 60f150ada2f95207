import { describe, expect, it } from 'vitest';
import type { Moment } from '../../contract/connection-manager.ts';
import { readQuery } from '../../local/logs/query.ts';
import {
  ofConnections,
  ofDeliveries,
  ofSession,
  progressOf,
  timelineOf,
} from '../../rules/timeline.ts';

type Line = Parameters<typeof timelineOf>[0][number];
const at = (second: number) => new Date(second * 1000).toISOString();
const bound = (second: number, connectionId: string): Line => ({
  at: at(second),
  what: 'session.bound',
  connectionId,
});
const left = (second: number, connectionId: string): Line => ({
  at: at(second),
  what: 'connection.left',
  connectionId,
});
const delivered = (second: number, topic: string, from: number, upTo = from): Line => ({
  at: at(second),
  what: 'topic.delivered',
  topic,
  from,
  upTo,
});
const acknowledged = (second: number, seq: number): Line => ({
  at: at(second),
  what: 'session.acknowledged',
  connectionId: 'c1',
  positions: [{ topic: 'Pet', seq }],
});
const told = (moments: readonly Moment[]) =>
  moments.map(({ at: when, what, upTo }) => [Date.parse(when) / 1000, what, upTo].filter(Boolean));

describe('a timeline', () => {
  it('is in order of time, acts among facts, and keeps the order of what is at one time', () => {
    const act: Moment = { at: at(2), what: 'act' };
    expect(told(timelineOf([left(3, 'c1'), bound(1, 'c1')], [act]))).toEqual([
      [1, 'session.bound'],
      [2, 'act'],
      [3, 'connection.left'],
    ]);
  });

  it('has deliveries only while the session has a connection, however many it has', () => {
    const lines = [
      delivered(1, 'Pet', 1),
      bound(2, 'c1'),
      bound(3, 'c2'),
      delivered(4, 'Pet', 2),
      left(5, 'c1'),
      delivered(6, 'Pet', 3),
      left(7, 'c2'),
      delivered(8, 'Pet', 4),
    ];
    expect(told(timelineOf(lines, [])).filter(([, what]) => what === 'topic.delivered')).toEqual([
      [4, 'topic.delivered', 2],
      [6, 'topic.delivered', 3],
    ]);
  });

  it('knows of connections that came before its first line, by their leaving or their being there', () => {
    const lines = [delivered(1, 'Pet', 1), left(2, 'c1'), delivered(3, 'Pet', 2)];
    const isDelivered = (moments: readonly Moment[]) =>
      told(moments).filter(([, what]) => what === 'topic.delivered');
    expect(isDelivered(timelineOf(lines, []))).toEqual([[1, 'topic.delivered', 1]]);
    expect(isDelivered(timelineOf(lines, [], ['c2']))).toHaveLength(2);
  });

  it('tells of a row of deliveries or acknowledgements how far the last one got', () => {
    const lines = [
      bound(1, 'c1'),
      delivered(2, 'Pet', 1),
      delivered(3, 'Pet', 2, 4),
      delivered(4, 'Toy', 9),
      delivered(5, 'Pet', 5),
      acknowledged(6, 3),
      acknowledged(7, 5),
    ];
    const moments = timelineOf(lines, []);
    expect(told(moments)).toEqual([
      [1, 'session.bound'],
      [3, 'topic.delivered', 4],
      [4, 'topic.delivered', 9],
      [5, 'topic.delivered', 5],
      [7, 'session.acknowledged'],
    ]);
    expect(moments[1]?.from).toBe(1);
    expect(
      progressOf(moments, [
        { topic: 'Pet', head: 6 },
        { topic: 'Toy', head: 9 },
        { topic: 'Quiet', head: 0 },
      ]),
    ).toEqual([
      { topic: 'Pet', head: 6, delivered: 5, acknowledged: 5 },
      { topic: 'Toy', head: 9, delivered: 9 },
      { topic: 'Quiet', head: 0 },
    ]);
  });
});

describe('conditions on the log', () => {
  const asks = (where: string, message: object) =>
    readQuery(`filter ${where}`).isAskedFor({ log: '', at: 0, text: '', json: { message } });
  const session = { tenant: 't', userId: 'odd"\\|user', sessionId: 's' };

  it('name one session of one user of one tenant, whatever letters its provider gave the user', () => {
    expect(asks(ofSession(session), session)).toBe(true);
    for (const other of [{ tenant: 'x' }, { userId: 'x' }, { sessionId: 'x' }]) {
      expect(asks(ofSession(session), { ...session, ...other })).toBe(false);
    }
  });

  it('name connections, and what was delivered on topics of a tenant', () => {
    expect(asks(ofConnections(['a=', 'b=']), { connectionId: 'b=' })).toBe(true);
    expect(asks(ofConnections(['a=']), { connectionId: 'b=' })).toBe(false);
    const where = ofDeliveries('t', ['Pet', 'Toy']);
    const fact = { fact: 'topic.delivered', tenant: 't', topic: 'Toy' };
    expect(asks(where, fact)).toBe(true);
    for (const other of [{ tenant: 'x' }, { topic: 'x' }, { fact: 'session.bound' }]) {
      expect(asks(where, { ...fact, ...other })).toBe(false);
    }
  });
});
