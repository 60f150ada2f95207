import type {
  FailuresAnswer,
  ParkedAnswer,
  RedriveAnswer,
  RedriveScope,
} from '../contract/connection-manager.ts';
import { manage } from '../operator/aws.ts';
import { UsageError } from '../operator/errors.ts';
import { type Asked, type Command, demand, type Outcome } from './command.ts';

const list: Command = {
  usage: '[--unnumbered]',
  says: 'what lies where nobody takes it, and why; with --unnumbered, messages without a number too (reads their whole table)',
  flags: ['unnumbered'],
  async run(place, { options: { unnumbered } }): Promise<Outcome> {
    const request = { unnumbered: unnumbered !== undefined };
    const answer = await manage<ParkedAnswer>(place, 'get_parked', request);
    const { queues, topics = [] } = answer;
    const lying = queues.reduce((sum, { parked }) => sum + parked, 0);
    const without = topics.reduce((sum, { count }) => sum + count, 0);
    return {
      json: answer,
      rows: [
        ...queues.map(({ queue, parked, waiting, oldestAt, messages }) => ({
          where: queue,
          parked,
          waiting,
          oldestAt,
          reason: [...new Set(messages.flatMap(({ reason }) => reason ?? []))].join(' · '),
        })),
        ...topics.map(({ tenant, topic, count, oldestAt }) => ({
          where: `${topic} (${tenant})`,
          parked: count,
          oldestAt,
          reason: 'no number',
        })),
      ],
      sentence:
        `${lying} messages are parked` +
        (answer.topics ? `, ${without} in ${topics.length} topics have no number` : ''),
    };
  },
};

const failures: Command = {
  usage: '[--topic T] [--user U] [--session S] [--connection ID] [--tenant T] [--since ISO]',
  says: 'posts that did not arrive: whose, and of what',
  options: ['topic', 'user', 'session', 'connection', 'tenant', 'since'],
  async run(place, { options: { topic, user, session, connection, tenant, since } }) {
    const answer = await manage<FailuresAnswer>(place, 'get_failures', {
      topic,
      userId: user,
      sessionId: session,
      connectionId: connection,
      tenant,
      since,
    });
    return {
      json: answer,
      rows: answer.failures.map(({ what: _, ...failure }) => failure),
      sentence:
        `${answer.failures.length} posts did not arrive` +
        (answer.isWhole ? '' : ', and there are more further back'),
    };
  },
};

export const parked = { ls: list, failures };

/** Brings what was parked on its way again. */
export const redrive: Command = {
  usage: '--topic T | --user U --session S | --all  [--tenant T]',
  says: 'numbers and posts what was parked, and sends dead letters back to their queues',
  options: ['topic', 'user', 'session', 'tenant'],
  flags: ['all'],
  async run(place, asked) {
    const answer = await manage<RedriveAnswer>(place, 'redrive', { scope: scopeOf(asked) });
    return { json: answer, isBad: !answer.isWhole, sentence: sentenceOf(answer) };
  },
};

function scopeOf(asked: Asked): RedriveScope {
  const { topic, user, session, all, tenant } = asked.options;
  const named = [topic, user ?? session, all].filter((each) => each !== undefined);
  if (named.length !== 1) throw new UsageError('Name a topic, a user and a session, or all.');
  if (topic !== undefined) return { topic, tenant };
  if (all === undefined)
    return { userId: demand(asked, 'user'), sessionId: demand(asked, 'session'), tenant };
  if (tenant !== undefined) throw new UsageError('All is every tenant’s.');
  return 'all';
}

function sentenceOf({ numbered, moved, posted, connections, isWhole }: RedriveAnswer): string {
  const back = Object.entries(moved).map(([queue, count]) => `${count} to ${queue}`);
  return [
    `${numbered} messages have a number now.`,
    ...(posted === undefined ? [] : [`${posted} were posted to ${connections} connections.`]),
    ...(back.length > 0 ? [`Dead letters are back in their queues: ${back.join(', ')}.`] : []),
    ...(isWhole ? [] : ['There is more: once again.']),
  ].join('\n');
}
