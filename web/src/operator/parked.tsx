import { type Signal, useSignal } from '@preact/signals';
import type {
  ParkedAnswer,
  ParkedMessage,
  ParkedQueue,
  RedriveAnswer,
  RedriveScope,
  UnnumberedTopic,
} from '../../../contract/connection-manager.ts';
import { formatMoment } from '../format.ts';
import { act } from './ask.ts';
import { Asked, useAsked } from './asked.tsx';
import { Confirm } from './confirm.tsx';
import { Failures } from './failures.tsx';
import { ListTable } from './list-table.tsx';
import { whatWasRedriven } from './sentences.ts';
import { KeptFilter } from './text-filter.tsx';

/** What no function could take, why, and the way to bring it on its way again. */
export function ParkedScreen() {
  const isThorough = useSignal(false);
  const parked = useAsked<ParkedAnswer>(`/parked${isThorough.value ? '?unnumbered=yes' : ''}`);
  const done = useSignal<string | undefined>(undefined);
  const redrive = async (scope: RedriveScope): Promise<void> => {
    done.value = whatWasRedriven(await act<RedriveAnswer>('/redrive', { scope }));
    parked.again();
  };
  return (
    <>
      <div class="screen-head">
        <h2>Parked messages</h2>
        <button type="button" onClick={parked.again}>
          Look again
        </button>
        <button
          type="button"
          disabled={isThorough.value}
          onClick={() => {
            isThorough.value = true;
          }}
        >
          Look for messages without a number
        </button>
      </div>
      <p class="small">
        What a function failed on through all its tries lies here, whole, for fourteen days. Looking
        for messages without a number reads the whole table of messages.
      </p>
      <p aria-live="polite" class="done">
        {done.value}
      </p>
      <Asked asked={parked}>
        {({ queues, topics }) => (
          <>
            <Queues queues={queues} />
            {topics && <Unnumbered topics={topics} onRedrive={redrive} />}
            <RedriveForm onRedrive={redrive} />
          </>
        )}
      </Asked>
      <Failures />
    </>
  );
}

function Queues({ queues }: { queues: readonly ParkedQueue[] }) {
  const lying = queues.filter(({ parked }) => parked > 0);
  if (lying.length === 0) {
    return (
      <p class="empty">
        Nothing is parked: every message that went into a queue was taken out of it again.
      </p>
    );
  }
  return (
    <ListTable
      label="Queues in which something is parked"
      columns={['Queue', 'Parked', 'Waiting', 'Since', 'Messages']}
    >
      {lying.map(({ queue, parked, waiting, oldestAt, messages }) => (
        <tr key={queue}>
          <th scope="row">{queue}</th>
          <td class="bad">{parked}</td>
          <td>{waiting ?? '–'}</td>
          <td>{oldestAt ? formatMoment(oldestAt) : '–'}</td>
          <td>
            <ul class="parked-messages">
              {messages.map((message) => (
                <Message key={message.messageId} message={message} />
              ))}
            </ul>
          </td>
        </tr>
      ))}
    </ListTable>
  );
}

function Message({ message: { messageId, about, reason } }: { message: ParkedMessage }) {
  return (
    <li class="parked-message">
      <span class="bad">{reason ?? 'No reason was logged.'}</span>
      <code>
        {Object.entries(about)
          .map(
            ([name, value]) =>
              `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
          )
          .join(' · ') || messageId}
      </code>
    </li>
  );
}

interface Redriving {
  onRedrive(scope: RedriveScope): Promise<void>;
}

function Unnumbered({ topics, onRedrive }: { topics: readonly UnnumberedTopic[] } & Redriving) {
  if (topics.length === 0) return <p class="empty">Every message has its number.</p>;
  return (
    <ListTable
      label="Topics with messages without a number"
      columns={['Topic', 'Tenant', 'Without a number', 'Since', 'Act']}
    >
      {topics.map(({ tenant, topic, count, oldestAt }) => (
        <tr key={`${tenant}#${topic}`}>
          <th scope="row">{topic}</th>
          <td>{tenant}</td>
          <td class="bad">{count}</td>
          <td>{formatMoment(oldestAt)}</td>
          <td>
            <Confirm
              label="Redrive"
              about={`the topic ${topic}`}
              asks={`Number and post ${count} messages?`}
              onConfirm={() => onRedrive({ topic, tenant })}
            />
          </td>
        </tr>
      ))}
    </ListTable>
  );
}

function RedriveForm({ onRedrive }: Redriving) {
  const topic = useSignal('');
  const user = useSignal('');
  const session = useSignal('');
  const tenant = useSignal('');
  const ofTenant = tenant.value.trim() ? { tenant: tenant.value.trim() } : {};
  const text = (label: string, value: Signal<string>, placeholder: string) => (
    <KeptFilter label={label} kept={value} placeholder={placeholder} />
  );
  return (
    <fieldset class="card redrive">
      <legend>Redrive</legend>
      <p class="small">
        May be repeated at any time: a message has its number once, and clients drop what they have
        had.
      </p>
      <div class="filters">{text('Tenant', tenant, 'default')}</div>
      <div class="filters">
        {text('Topic', topic, 'Pet')}
        <Confirm
          label="Redrive the topic"
          asks={`Number and post what ${topic.value} has without a number, and send its dead letters back?`}
          disabled={topic.value.trim() === ''}
          onConfirm={() => onRedrive({ topic: topic.value.trim(), ...ofTenant })}
        />
      </div>
      <div class="filters">
        {text('User', user, 'the user’s id')}
        {text('Session', session, 'the session’s id')}
        <Confirm
          label="Redrive the session"
          asks="Post to its connections whatever its topics keep?"
          disabled={user.value.trim() === '' || session.value.trim() === ''}
          onConfirm={() =>
            onRedrive({
              userId: user.value.trim(),
              sessionId: session.value.trim(),
              ...ofTenant,
            })
          }
        />
      </div>
      <Confirm
        label="Redrive everything"
        asks="Number every message that has none, and send every dead letter back to its queue? It reads the whole table of messages."
        onConfirm={() => onRedrive('all')}
      />
    </fieldset>
  );
}
