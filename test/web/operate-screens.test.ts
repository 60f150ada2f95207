import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, inject, test } from 'vitest';
import { topicKey } from '../../contract/tables.ts';
import { newPerson, operatorOptions } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';
import { confirm, openScreens, rowOf, seriousFindings } from './operating.ts';

/** Screens of the operator: what failed, workflows, functions, invitations, the stage's gates. */

const place = inject('place');
const HOSTILE = '<img src=x onerror="document.title=1">';
const { open, complaints } = openScreens();

/** A page of recipients that nobody could post, as it lies among the dead letters. */
async function park(topic: string): Promise<void> {
  const client = new SQSClient(operatorOptions(place));
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes('QueuesDeliveryDeadLetters'));
  const MessageBody = JSON.stringify({ topic, messages: [], routes: [] });
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

test('what is parked is shown as it is, inert, and goes on its way when it is redriven', async () => {
  await park(topicKey('default', 'Parked'));
  await park(`default#${HOSTILE}`);
  const page = await open('parked', { operates: true });
  const row = rowOf(page, 'delivery');
  await row.getByText('topic default#Parked', { exact: true }).waitFor();
  await row.getByText(HOSTILE).waitFor();
  expect(await page.title()).not.toBe('1');
  expect(await page.locator('table img').count()).toBe(0);

  await page
    .getByRole('group', { name: 'Redrive', exact: true })
    .getByLabel('Topic')
    .fill('Parked');
  await confirm(page, 'Redrive the topic');
  await page
    .getByText('0 messages got a number and went out. Dead letters went back: 1 to delivery.')
    .waitFor();
  await row.getByText('topic default#Parked', { exact: true }).waitFor({ state: 'detached' });
  // What was not meant is there for whoever looks next, at once.
  await row.getByText(HOSTILE).waitFor();
  await page.getByRole('button', { name: 'Look for messages without a number' }).click();
  await page.getByText('Every message has its number.').waitFor();
});

test('who only looks can do nothing: every act waits for the switch', async () => {
  await park(topicKey('default', 'Parked'));
  const page = await open('parked');
  await page
    .getByRole('group', { name: 'Redrive', exact: true })
    .getByLabel('Topic')
    .fill('Parked');
  for (const name of ['Redrive the topic', 'Redrive everything']) {
    expect(await page.getByRole('button', { name }).isDisabled()).toBe(true);
  }
  const answer = await page.evaluate(async () => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    return (await fetch('/operator/redrive', { ...init, body: '{"scope":"all"}' })).status;
  });
  expect(answer).toBe(403);
  complaints.splice(0); // The browser writes that refusal into its console.
});

test('a console that does not answer is said, with the way on', async () => {
  const page = await open('functions');
  const failing = (url: URL) => url.pathname.startsWith('/operator/');
  await page.route(failing, (route) => route.abort());
  await page.goto(`${place.urls.console}/#operate/invitations`);
  const alert = page.getByRole('alert').filter({ hasText: 'The console does not answer' });
  await alert.waitFor();
  await page.unroute(failing);
  await alert.getByRole('button', { name: 'Ask again' }).click();
  await alert.waitFor({ state: 'detached' });
  await page.getByRole('table').waitFor();
  complaints.splice(0); // The browser writes what failed into its console.
});

test('an act is asked about first, and Escape takes it back', async () => {
  const page = await open('parked', { operates: true });
  const act = page.getByRole('button', { name: 'Redrive everything' });
  await act.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Number every message that has none').waitFor();
  await page.keyboard.press('Escape');
  await act.waitFor();
  expect(await act.evaluate((button) => button === document.activeElement)).toBe(true);
});

test('[S4-10] an execution is told step by step: its times, what it broadcast, and in red what failed', async () => {
  const client = new SFNClient(operatorOptions(place));
  const name = `screens-${Date.now()}`;
  // Without players its third task cannot begin.
  const input = {
    ...{ tenant: 'screens', tournamentId: HOSTILE, startTime: '2026-12-01T10:00:00.000Z' },
    startedAt: new Date().toISOString(),
  };
  const stateMachineArn = place.outputs.AssignmentStateMachineArn;
  await client.send(
    new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
  );
  const page = await open('executions');
  await rowOf(page, name).getByText('failed').waitFor();
  await page.getByRole('button', { name, exact: true }).click();
  const steps = page.getByRole('region', { name }).getByRole('listitem');
  await steps.filter({ hasText: 'AssignPlayersTask' }).getByText('failed').waitFor();
  expect(await steps.locator('strong').allInnerTexts()).toEqual([
    'workflow.started',
    'RegisterTournamentTask',
    'tournament.registered',
    'AssignPlayersTask',
  ]);
  await steps.first().getByText('told workflow.started to 0 connections').waitFor();
  await steps.last().getByText('$.players', { exact: false }).first().waitFor();
  await steps.first().getByText('Input').click();
  await steps.first().getByText(HOSTILE.slice(0, 12)).first().waitFor();
  expect(await page.locator('pre img').count()).toBe(0);
  expect(page.url()).toContain('execution=');
});

test('functions are listed with what they may do, and with what they logged', async () => {
  const page = await open('functions');
  await page.getByRole('button', { name: 'generate-invitation', exact: true }).click();
  const rights = page.getByRole('region', { name: 'What generate-invitation may do' });
  await rights.getByText('table invitations: put').waitFor();
  await rights.getByText('be invoked by IAM principals').waitFor();
  await page.getByLabel('Lines').selectOption('all');
  const log = page.getByRole('region', { name: 'The log of generate-invitation' });
  await log.getByText('invitation.generated').first().waitFor();
  await page.reload();
  await log.getByText('invitation.generated').first().waitFor();
});

test('[S0-05] an invitation is created, its code shown once, and listed without it', async () => {
  const page = await open('invitations', { operates: true });
  const days = page.getByLabel('Good for days');
  await days.fill('0');
  expect(await page.getByRole('button', { name: 'Create: an invitation' }).isDisabled()).toBe(true);
  await days.fill('3');
  await page.getByRole('button', { name: 'Create: an invitation' }).click();
  await page.getByRole('button', { name: 'Yes' }).click();
  const code = (await page.getByRole('status').locator('code').innerText()).trim();
  expect(code).toMatch(/^[\dA-Z]{4}(-[\dA-Z]{4}){3}$/);
  await page.reload();
  await page.getByRole('row').nth(1).waitFor();
  expect(await page.getByText(code).count()).toBe(0);
});

test('a gate is closed, refused where it makes no sense, seen to stand, and opened', async () => {
  const page = await open('gates', { operates: true });
  await page.getByLabel('Do', { exact: true }).selectOption('delay');
  await page.getByLabel('About').fill('nothing-has-this');
  await page.getByRole('button', { name: 'Close the gate' }).click();
  await page.getByRole('alert').getByText('"delay" needs "ms"').waitFor();
  await page.getByLabel('Milliseconds').fill('5');
  await page.getByRole('button', { name: 'Close the gate' }).click();
  const row = rowOf(page, 'about nothing-has-this');
  await row.getByText('call delay').waitFor();
  await row.getByRole('button').click();
  await row.waitFor({ state: 'detached' });
  await page.getByText('It goes forward only').waitFor();
});

test('what functions note is told as it happens, filtered, and stands still when it is told to', async () => {
  const [one, other] = [`live-${Date.now()}`, `still-${Date.now()}`];
  const page = await open('live');
  const noted = page.getByRole('region', { name: 'What was noted, the newest first' });
  const connectAs = async (sessionId: string) => {
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const { token } = await newPerson(place, 'live');
    await socket.ask({ action: 'authenticate', token, sessionId });
    await socket.close();
  };
  await page.getByLabel('Session').fill(one);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing was noted of that in the last 5 minutes.').waitFor();
  await connectAs(one);
  await noted.getByText('session.bound').waitFor();
  expect(page.url()).toContain(`session=${one}`);

  await page.getByLabel('Show').selectOption('frames');
  const frames = page.getByRole('region', { name: 'Frames, the newest first' });
  await connectAs(other);
  await frames.getByText('to the client').first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  const newest = () => frames.getByRole('listitem').first().innerText();
  const before = await newest();
  await connectAs(other);
  await page.getByLabel('Find').fill('nothing-has-this');
  await page.getByText('or none has that in it').waitFor();
  await page.getByLabel('Find').fill('');
  expect(await newest()).toBe(before);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(newest).not.toBe(before);
});

test('the configuration is what Lambda says, with a name for every function', async () => {
  const page = await open('configuration');
  await rowOf(page, 'GRACE_SECONDS').getByText('every function').waitFor();
  await page.getByLabel('Find').fill('subscriptions_table');
  await rowOf(page, 'SUBSCRIPTIONS_TABLE_NAME').getByText('fan-out').waitFor();
  expect(await rowOf(page, 'GRACE_SECONDS').count()).toBe(0);
  await page.getByLabel('Find').fill('nothing has this');
  await page.getByText('No variable has that in it.').waitFor();
  await page.getByRole('link', { name: 'connection-manager' }).click();
  await page.getByRole('region', { name: 'What connection-manager may do' }).waitFor();
});

test.each(['parked', 'executions', 'functions', 'invitations', 'gates', 'live', 'configuration'])(
  'the screen of %s has no serious finding of axe, in both colour schemes',
  async (screen) => {
    for (const dark of [false, true]) {
      const page = await open(screen, { dark, operates: true });
      expect(await seriousFindings(page)).toEqual([]);
    }
  },
);
