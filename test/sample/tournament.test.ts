import { randomUUID } from 'node:crypto';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TournamentRow } from '../../sample/tournament/rows.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createSampleTable } from '../support/sample-table.ts';

/** The steps of the workflow, each of which may be run again, or beside those of another execution. */

let engine: Engine;
const TableName = `tournaments-${process.pid}`;
const startTime = '2024-01-01T18:00:00.000Z';

type Step = (payload: object, context: typeof invocation) => Promise<object>;
const invocation = { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 };
const steps = {} as Record<'register' | 'assign' | 'lock' | 'cancel', Step>;

beforeAll(async () => {
  engine = await startEngine();
  await createSampleTable(engine, TableName, 'tenant', 'tournamentId');
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    TOURNAMENTS_TABLE_NAME: TableName,
  });
  steps.register = (await import('../../sample/tournament/register-tournament.ts')).handler;
  steps.assign = (await import('../../sample/tournament/assign-players.ts')).handler;
  steps.lock = (await import('../../sample/tournament/lock-teams.ts')).handler;
  steps.cancel = (await import('../../sample/tournament/cancel-tournament.ts')).handler;
});
afterAll(() => engine.stop());

/** A tournament of its own, in this state; `run` runs a step of its execution, or of another one. */
async function tournament(status?: TournamentRow['status']) {
  const key = { tenant: 'default', tournamentId: randomUUID() };
  const row = { ...key, startTime, executionArn: 'mine' };
  if (status) {
    const assigned = { teamId: `team-${key.tournamentId}`, players: ['Joe'] };
    const Item = { ...row, status, ...(status !== 'registered' && assigned) };
    await engine.documents.send(new PutCommand({ TableName, Item }));
  }
  return {
    ...key,
    run: (step: keyof typeof steps, more: object = {}) =>
      steps[step]({ ...row, players: ['Joe', 'Sam'], ...more }, invocation),
    read: async () =>
      (await engine.documents.send(new GetCommand({ TableName, Key: key, ConsistentRead: true })))
        .Item,
  };
}

const refused = { name: 'TournamentRefused' };

describe('a step', () => {
  it('[S4-04] gives the data of its event, as document s4 has it', async () => {
    const { run, tournamentId, read } = await tournament();
    const teamId = `team-${tournamentId}`;
    expect(await run('register')).toEqual({ tournamentId, startTime });
    expect(await run('assign')).toEqual({ tournamentId, teamId, assignedCount: 2 });
    expect(await run('lock')).toEqual({ tournamentId, teamId, status: 'locked' });
    expect(await read()).toMatchObject({ status: 'locked', players: ['Joe', 'Sam'] });
  });

  it.each([
    ['register', 'registered'],
    ['assign', 'assigned'],
    ['lock', 'locked'],
    ['cancel', 'cancelled'],
  ] as const)('%s that is run again changes nothing', async (step, status) => {
    const { run, read } = await tournament(status);
    await run(step);
    const before = await read();
    await run(step);
    expect(await read()).toEqual(before);
    expect(before?.status).toBe(status);
  });

  it.each([
    ['register', 'registered'],
    ['register', 'locked'],
    ['assign', 'registered'],
    ['lock', 'assigned'],
    ['cancel', 'registered'],
  ] as const)(
    '%s leaves a tournament alone that is %s by another execution',
    async (step, status) => {
      const { run, read } = await tournament(status);
      const before = await read();
      await expect(run(step, { executionArn: 'other' })).rejects.toMatchObject(refused);
      expect(await read()).toEqual(before);
    },
  );

  it.each([
    ['register', 'assigned'],
    ['register', 'locked'],
    ['assign', 'locked'],
    ['assign', 'cancelled'],
    ['lock', 'registered'],
    ['lock', 'cancelled'],
    ['cancel', 'locked'],
  ] as const)('%s that comes late leaves a tournament %s', async (step, status) => {
    const { run, read } = await tournament(status);
    await expect(run(step)).rejects.toMatchObject(refused);
    expect((await read())?.status).toBe(status);
  });

  it('registers a tournament again that was cancelled, for whoever comes', async () => {
    const { run, read } = await tournament('cancelled');
    await run('register', { executionArn: 'other' });
    expect(await read()).toMatchObject({ status: 'registered', executionArn: 'other' });
    expect(await read()).not.toHaveProperty('players');
  });

  it('fails for good where there is nobody to assign', async () => {
    const { run, read } = await tournament('registered');
    await expect(run('assign', { players: [] })).rejects.toMatchObject(refused);
    expect(await read()).toMatchObject({ status: 'registered' });
  });

  it.each(['assign', 'lock', 'cancel'] as const)('%s makes no tournament', async (step) => {
    const { run, read } = await tournament();
    await expect(run(step)).rejects.toMatchObject(refused);
    expect(await read()).toBeUndefined();
  });
});
