import type { ConnectionList, TimelineAnswer } from '../../contract/connection-manager.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';
import { topicKey } from '../../contract/tables.ts';
import { manage } from '../../operator/aws.ts';
import { rowOf, socketOf } from '../../operator/connections.ts';
import type { Place } from '../../operator/place.ts';
import { countSubscribers } from '../../operator/topics.ts';
import type { Asked } from '../command.ts';
import { bad, type Check, type Diagnosis, unclear, well } from './check.ts';
import { linesOf, lookForErrors } from './logs.ts';

const trouble = 'Events not received';
const SENDERS = ['fan-out', 'express', 'delivery', 'redrive', 'broadcast-event'] as const;

export const receiving: readonly Check[] = [
  {
    trouble,
    question: 'Is the connection active in the table, and its socket open?',
    async look(place, { options: { connection, user } }) {
      if (connection !== undefined) return lookAt(place, [connection]);
      if (user === undefined) {
        return unclear(
          'nobody was named',
          'Name a connection or a user: --connection ID, --user U.',
        );
      }
      const request = { userId: user };
      const { connections } = await manage<ConnectionList>(place, 'get_user_connections', request);
      if (connections.length > 0) {
        return lookAt(
          place,
          connections.map((each) => each.connectionId),
        );
      }
      return bad(
        'The user has no active connection.',
        'Look at the sessions: sessions ls --user U.',
      );
    },
  },
  {
    trouble,
    question: 'Does the session listen to the topic, and does it get what is published there?',
    look: lookAtTopic,
  },
  {
    trouble,
    question: 'Do the functions that post to sockets log errors?',
    look: (place) =>
      lookForErrors(place, SENDERS, 'DeliveriesFail and BroadcastsFail in docs/OPERATIONS.md.'),
  },
  {
    trouble,
    question: 'Do workflows broadcast at their steps?',
    look: lookAtBroadcasts,
  },
  {
    trouble,
    question: 'Are posts answered with 410 (stale connections)?',
    async look(place) {
      const where = 'message.fact = "delivery.failed" and message.outcome = "gone"';
      const { length } = await linesOf(place, SENDERS, where);
      return length === 0
        ? well('none in the last hour')
        : unclear(`${length} in the last hour: each left at once, and its client resumes`);
    },
  },
];

async function lookAt(place: Place, ids: readonly string[]): Promise<Diagnosis> {
  const found = await Promise.all(
    ids.map(async (id) => {
      const [row, socket] = await Promise.all([rowOf(place, id), socketOf(place, id)]);
      return { id, status: row.status, isOpen: socket !== undefined };
    }),
  );
  const says = found
    .map(({ id, status, isOpen }) => `${id} is ${status}, its socket ${isOpen ? 'open' : 'gone'}`)
    .join('; ');
  const areWell = found.every(({ status, isOpen }) => status === 'CONNECTED' && isOpen);
  return areWell ? well(says) : bad(`${says}.`, 'Its client has to connect again.');
}

async function lookAtTopic(place: Place, { options }: Asked): Promise<Diagnosis> {
  const { topic, connection, tenant = DEFAULT_TENANT } = options;
  if (topic === undefined) return unclear('no topic was named', 'Name one: --topic T.');
  if (connection === undefined) {
    const { active } = await countSubscribers(place, topicKey(tenant, topic));
    return active > 0
      ? well(`${active} sessions listen to ${topic}`)
      : bad(`Nobody listens to ${topic} in the tenant ${tenant}.`, 'Is it the right --tenant?');
  }
  const request = { connectionId: connection };
  const life = await manage<TimelineAnswer>(place, 'get_session_timeline', request);
  const progress = life.topics.find((each) => each.topic === topic);
  if (progress === undefined) {
    return bad(`Its session does not listen to ${topic}.`, 'Its client has to subscribe.');
  }
  const { head, delivered = 0, acknowledged = 'nothing yet' } = progress;
  const far = `head ${head}, delivered ${delivered}, acknowledged ${acknowledged}`;
  return delivered < head
    ? unclear(far, 'What was there before it subscribed is not posted to it.')
    : well(far);
}

async function lookAtBroadcasts(place: Place): Promise<Diagnosis> {
  const where = 'message.fact in ["broadcast.done", "broadcast.incomplete"]';
  const lines = await linesOf(place, ['broadcast-event'], where);
  const [last] = lines;
  if (last === undefined) {
    const todo = 'Was a workflow started? aws stepfunctions list-executions tells.';
    return unclear('no broadcast in the last hour', todo);
  }
  const failed = lines.filter(({ fact }) => String(fact) === 'broadcast.incomplete').length;
  const said = `${lines.length} in the last hour, the last of type ${last.type} at ${last.at}`;
  return failed === 0
    ? well(said)
    : bad(`${said}; ${failed} did not reach everybody.`, 'BroadcastsFail in docs/OPERATIONS.md.');
}
