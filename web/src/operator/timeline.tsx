import type { Moment, TimelineAnswer } from '../../../contract/connection-manager.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { isBad, Moments } from './moments.tsx';

interface TimelineProps {
  readonly userId: string;
  readonly tenant: string;
  readonly sessionId: string;
}

/** What became of a session, in order, and how far each of its topics has come. */
export function Timeline({ userId, tenant, sessionId }: TimelineProps) {
  const query = new URLSearchParams({ userId, tenant, sessionId });
  const life = useAsked<TimelineAnswer>(`/timeline?${query}`);
  return (
    <section class="card" aria-labelledby="life-title">
      <div class="screen-head">
        <h3 id="life-title">The life of {sessionId}</h3>
        <button type="button" onClick={life.again}>
          Look again
        </button>
      </div>
      <Asked asked={life}>
        {({ moments, topics, isWhole }) => (
          <>
            <Topics topics={topics} />
            {moments.length === 0 ? (
              <p class="empty">Nothing was noted of it within the last day.</p>
            ) : (
              <Moments
                moments={moments.map((moment) => ({
                  at: formatMoment(moment.at),
                  what: moment.what,
                  isBad: isBad(moment),
                  about: restOf(moment),
                }))}
              />
            )}
            {!isWhole && <p class="small">There was more in the log than one query gives.</p>}
          </>
        )}
      </Asked>
    </section>
  );
}

function Topics({ topics }: Pick<TimelineAnswer, 'topics'>) {
  if (topics.length === 0) return null;
  return (
    <ListTable
      label="How far its topics have come"
      columns={['Topic', 'Newest', 'Delivered up to', 'Acknowledged up to']}
    >
      {topics.map(({ topic, head, delivered, acknowledged }) => (
        <tr key={topic}>
          <th scope="row">{topic}</th>
          <td class="figure">{head}</td>
          <td class="figure">{delivered ?? '–'}</td>
          <td class="figure">{acknowledged ?? '–'}</td>
        </tr>
      ))}
    </ListTable>
  );
}

/** What is told beside time and name, and is not the session itself. */
const restOf = ({ at, what, tenant, userId, sessionId, ...rest }: Moment) => rest;
