import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Stage } from '../../local/stage.ts';
import { newPerson, operatorDocuments, operatorOptions, type Person } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { runS4Client, type S4Client } from '../support/s4-client.ts';
import { startTestStage } from '../support/stage.ts';
import { callStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const startTime = '2024-01-01T18:00:00.000Z';
const players = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve'];
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let stage: Stage;
let place: Place;
let stop: () => Promise<void>;
let joe: Person;
let states: SFNClient;
const clients: S4Client[] = [];
beforeAll(async () => {
  // Document s4's client says nothing of who it is: its door is `none`.
  ({ stage, place, stop } = await startTestStage({ settings: { 'switchboard:door': 'none' } }));
  joe = await newPerson(place);
  states = new SFNClient(operatorOptions(place));
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => stop());

async function startAssignment(tournamentId: string, body: object): Promise<string> {
  const path = `/tournaments/${tournamentId}/assignment`;
  const answer = await callStore(place, joe, 'POST', path, { body });
  expect(answer).toMatchObject({ status: 200, body: { executionArn: expect.any(String) } });
  return String(answer.body.executionArn);
}

const ending = (executionArn: string) =>
  until(
    async () => {
      const execution = await states.send(new DescribeExecutionCommand({ executionArn }));
      return execution.status === 'RUNNING' ? undefined : execution;
    },
    'the end of the workflow',
    60_000,
  );

/** What happened to one state of an execution, as its history has it. */
async function eventsOf(executionArn: string, state: string): Promise<HistoryEvent[]> {
  const { events = [] } = await states.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  const from = events.findIndex(({ stateEnteredEventDetails: of }) => of?.name === state);
  const upTo = events.findIndex(({ stateExitedEventDetails: of }) => of?.name === state);
  return events.slice(from, upTo < 0 ? undefined : upTo + 1);
}
const typesOf = (events: readonly HistoryEvent[]) =>
  events.map(({ type = '' }) => type.replace('LambdaFunction', ''));

const tournamentOf = async (tournamentId: string) => {
  const Key = { tenant: 'default', tournamentId };
  const TableName = place.outputs.TournamentsTableName;
  const { Item } = await operatorDocuments(place).send(new GetCommand({ TableName, Key }));
  return Item;
};

/** Clients of the document, connected one after the other; with the connection ids of each. */
async function connect(count: number) {
  const connected: { client: S4Client; connectionId: string }[] = [];
  const known = new Set(await connectionIds());
  for (let at = 0; at < count; at += 1) {
    const client = await runS4Client(place.outputs.WebSocketUrl ?? '');
    clients.push(client);
    const connectionId = await until(
      async () => (await connectionIds()).find((id) => !known.has(id)),
      'the row of the connection',
    );
    known.add(connectionId);
    connected.push({ client, connectionId });
  }
  return connected;
}

async function connectionIds(): Promise<string[]> {
  const { Items = [] } = await operatorDocuments(place).send(
    new ScanCommand({ TableName: place.outputs.ConnectionsTableName, ConsistentRead: true }),
  );
  return Items.map(({ connectionId }) => connectionId);
}

describe('the assignment workflow', () => {
  it("[S4-04] [S4-09] [S4-10] brings its four events, in order, to document s4's own client", async () => {
    const [{ client } = expect.fail()] = await connect(1);
    const executionArn = await startAssignment('tournament-123', { startTime, players });
    expect(await ending(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    await until(() => (client.received.length >= 4 ? true : undefined), 'four events');
    const tournamentId = 'tournament-123';
    const teamId = 'team-tournament-123';
    const timestamp = ISO;
    expect(client.received).toEqual([
      { type: 'workflow.started', tournamentId, data: { tournamentId, executionArn }, timestamp },
      { type: 'tournament.registered', tournamentId, data: { tournamentId, startTime }, timestamp },
      {
        type: 'players.assigned',
        tournamentId,
        data: { tournamentId, teamId, assignedCount: 5 },
        timestamp,
      },
      {
        type: 'teams.locked',
        tournamentId,
        data: { tournamentId, teamId, status: 'locked' },
        timestamp,
      },
    ]);
    const times = client.received.map((event) => String(event.timestamp));
    expect(times).toEqual(times.toSorted());
    expect(await tournamentOf(tournamentId)).toMatchObject({ status: 'locked', players });
  });

  it('[S4-10] tries a step again that failed, and goes on', async () => {
    // The function dies in the middle of its work.
    const gate = stage.context.gates.close({
      ...{ at: 'call', by: '*LockTeams*', what: 'dynamodb:UpdateItem', about: 'retried' },
      ...{ do: 'kill', when: 'after' },
    });
    const executionArn = await startAssignment('retried', { startTime, players });
    expect(await ending(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    stage.context.gates.open(gate.id);
    expect(typesOf(await eventsOf(executionArn, 'LockTeamsTask'))).toEqual([
      'TaskStateEntered',
      ...['Scheduled', 'Started', 'Failed'],
      ...['Scheduled', 'Started', 'Succeeded'],
      'TaskStateExited',
    ]);
    expect(await tournamentOf('retried')).toMatchObject({ status: 'locked' });
  });

  it('[S4-10] catches a step that failed for good: the tournament is cancelled', async () => {
    const executionArn = await startAssignment('empty', { startTime, players: [] });
    const { status, error, cause } = await ending(executionArn);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'TournamentRefused' });
    expect(JSON.parse(cause ?? '')).toMatchObject({ errorMessage: 'There is nobody to assign.' });
    expect(typesOf(await eventsOf(executionArn, 'AssignPlayersTask'))).toEqual([
      'TaskStateEntered',
      ...['Scheduled', 'Started', 'Failed'],
      'TaskStateExited',
    ]);
    expect(typesOf(await eventsOf(executionArn, 'CancelTournamentTask'))).toContain('Succeeded');
    expect(await tournamentOf('empty')).toMatchObject({ status: 'cancelled' });
  });

  it('[S4-03] sees a broadcast that failed, and its retry goes only to those not yet reached', async () => {
    const [reached = expect.fail(), missed = expect.fail()] = await connect(2);
    // As many as the sender tries: nothing of the first broadcast reaches this one.
    const gate = stage.context.gates.close({
      ...{ at: 'call', by: '*BroadcastEvent*', what: 'execute-api:POST' },
      ...{ about: missed.connectionId, do: 'error', nth: 4, times: 3 },
    });
    const executionArn = await startAssignment('bumpy', { startTime, players });
    expect(await ending(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    stage.context.gates.open(gate.id);
    for (const { client } of [reached, missed]) {
      await until(() => (client.received.length >= 4 ? true : undefined), 'four events');
      expect(client.received.map(({ type }) => type)).toEqual([
        'workflow.started',
        'tournament.registered',
        'players.assigned',
        'teams.locked',
      ]);
    }
    const states = ['tournament.registered', 'players.assigned', 'teams.locked'];
    const events = (await Promise.all(states.map((state) => eventsOf(executionArn, state)))).flat();
    const [failure, ...others] = events.filter(({ type }) => type === 'LambdaFunctionFailed');
    expect(others).toEqual([]);
    expect(failure?.lambdaFunctionFailedEventDetails).toMatchObject({
      error: 'BroadcastIncomplete',
      cause: expect.stringContaining('1 failed so far'),
    });
  });

  it('[S4-10] is for users alone, and for tournaments whose name can be one', async () => {
    const path = '/tournaments/mine/assignment';
    const body = { startTime, players };
    expect(await callStore(place, undefined, 'POST', path, { body })).toMatchObject({
      status: 401,
    });
    const odd = await callStore(place, joe, 'POST', '/tournaments/a%20b/assignment', { body });
    expect(odd).toMatchObject({ status: 404 });
    const soon = { startTime: 'soon', players };
    expect(await callStore(place, joe, 'POST', path, { body: soon })).toMatchObject({
      status: 400,
      body: { code: 'malformed', message: expect.stringContaining('startTime') },
    });
  });
});
