import type { ListedTopic, TopicFacts } from '../../../operator/topics.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { ScreenHead } from './screen-head.tsx';
import { counted } from './sentences.ts';
import { KeptFilter } from './text-filter.tsx';

/** Topics that ever had a message; of one, who listens. */
export function TopicsScreen() {
  const list = useAsked<readonly ListedTopic[]>('/topics');
  const find = parameter('find');
  const chosen = parameter('of');
  return (
    <>
      <ScreenHead title="Topics" onAgain={list.again} />
      <p class="small">This reads the whole table of messages.</p>
      <div class="filters">
        <KeptFilter label="Find" kept={find} />
      </div>
      <Asked asked={list}>
        {(all) => {
          const shown = all.filter(({ tenant, topic }) =>
            `${tenant} ${topic}`.includes(find.value.trim()),
          );
          if (all.length === 0) {
            return <p class="empty">Nothing was published yet: a first message makes its topic.</p>;
          }
          if (shown.length === 0) return <p class="empty">No topic has that in its name.</p>;
          return (
            <ListTable label="Topics" columns={['Topic', 'Tenant', 'Newest number']}>
              {shown.map(({ tenant, topic, head }) => (
                <tr
                  key={`${tenant} ${topic}`}
                  aria-current={chosen.value === `${tenant} ${topic}` ? 'true' : undefined}
                >
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        chosen.value = `${tenant} ${topic}`;
                      }}
                    >
                      {topic}
                    </button>
                  </th>
                  <td>{tenant}</td>
                  <td class="figure">{head}</td>
                </tr>
              ))}
            </ListTable>
          );
        }}
      </Asked>
      {chosen.value && <OneTopic key={chosen.value} name={chosen.value} />}
    </>
  );
}

function OneTopic({ name }: { name: string }) {
  const [tenant = '', topic = ''] = name.split(' ');
  const facts = useAsked<TopicFacts>(`/topic?${new URLSearchParams({ tenant, topic })}`);
  return (
    <section class="card" aria-labelledby="topic-title">
      <h3 id="topic-title">Who listens to {topic}</h3>
      <Asked asked={facts}>
        {({ head, subscribers, dormant }) => (
          <p>
            {counted(subscribers, 'session')} now, and {counted(dormant, 'session')} that will again
            when they come back. Its newest message is number {head}.
          </p>
        )}
      </Asked>
    </section>
  );
}
