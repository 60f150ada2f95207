import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TicketRow } from '../../contract/tables.ts';
import { putTicket, takeTicket } from '../../lambdas/stores/tickets.ts';
import { ticketHash } from '../../rules/admission.ts';
import { type Engine, type EveryReach, startEngine } from '../support/engine.ts';

let engine: Engine;
let reach: EveryReach;
const NOW = Date.parse('2026-01-01T12:00:00.000Z');

beforeAll(async () => {
  engine = await startEngine();
  reach = await engine.createTables();
});
afterAll(() => engine.stop());

const ticketOf = (secret: string): TicketRow => ({
  ticket: ticketHash(secret),
  tenant: 'default',
  userId: 'joe',
  sessionId: 'tab',
  expiresAt: NOW / 1000 + 3600,
  issuedAt: NOW / 1000,
  scopes: [],
  accepts: ['packs'],
  ttl: NOW / 1000 + 30,
});

describe('a ticket', () => {
  it('is good for one of fifty who use it at once, and for nobody afterwards', async () => {
    const row = ticketOf('fifty');
    await putTicket(reach, row);
    const taken = await Promise.all(
      Array.from({ length: 50 }, () => takeTicket(reach, row.ticket, NOW)),
    );
    expect(taken.filter(Boolean)).toEqual([row]);
    expect(await takeTicket(reach, row.ticket, NOW)).toBeUndefined();
  });

  it('is good until its time is over, and not a second longer', async () => {
    for (const [secret, now, isGood] of [
      ['early', NOW + 29_000, true],
      ['late', NOW + 30_000, false],
    ] as const) {
      const row = ticketOf(secret);
      await putTicket(reach, row);
      expect((await takeTicket(reach, row.ticket, now)) !== undefined, secret).toBe(isGood);
    }
  });

  it('that was never given is good for nothing', async () => {
    expect(await takeTicket(reach, ticketHash('never'), NOW)).toBeUndefined();
  });

  it('is not written over by another of its name', async () => {
    const row = ticketOf('twice');
    await putTicket(reach, row);
    await expect(putTicket(reach, { ...row, userId: 'eve' })).rejects.toThrow();
    expect(await takeTicket(reach, row.ticket, NOW)).toEqual(row);
  });
});
