import type { ListedFunction } from '../../../operator/functions.ts';
import type { LogAnswer } from '../../../operator/logs.ts';
import { formatMoment } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { Choice } from './choice.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';

/** Every function of the contract, what it may do, and what it wrote. */
export function FunctionsScreen() {
  const chosen = parameter('function');
  const list = useAsked<readonly ListedFunction[]>('/functions');
  return (
    <>
      <div class="screen-head">
        <h2>Functions</h2>
      </div>
      <Asked asked={list}>
        {(all) => (
          <>
            <ListTable
              label="Functions"
              columns={['Function', 'What it does', 'Woken by', 'Memory', 'Time']}
            >
              {all.map(({ name, does, wokenBy, queue, memoryMb, timeoutSeconds }) => (
                <tr key={name} aria-current={chosen.value === name ? 'true' : undefined}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        chosen.value = name;
                      }}
                    >
                      {name}
                    </button>
                  </th>
                  <td>{does}</td>
                  <td>{queue ? `the queue ${queue}` : wokenBy}</td>
                  <td class="figure">{memoryMb} MB</td>
                  <td class="figure">{timeoutSeconds} s</td>
                </tr>
              ))}
            </ListTable>
            <Chosen spec={all.find(({ name }) => name === chosen.value)} />
          </>
        )}
      </Asked>
      <Log name={chosen.value} onAll={() => (chosen.value = '')} />
    </>
  );
}

function Chosen({ spec }: { spec: ListedFunction | undefined }) {
  if (spec === undefined) return null;
  const { name, tables, may, scansBecause } = spec;
  const rights = Object.entries(tables);
  return (
    <section class="card" aria-labelledby="function-title">
      <h3 id="function-title">What {name} may do</h3>
      {rights.length + may.length === 0 && <p>Nothing but write its log.</p>}
      <ul class="rights">
        {rights.map(([table, verbs]) => (
          <li key={table}>
            table <strong>{table}</strong>: {verbs.join(', ')}
          </li>
        ))}
        {may.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      {scansBecause && <p class="small">It scans: {scansBecause}</p>}
    </section>
  );
}

const SPANS = [
  ['1', 'hour'],
  ['6', '6 hours'],
  ['24', '24 hours'],
  ['168', '7 days'],
] as const;

function Log({ name, onAll }: { name: string; onAll(): void }) {
  const hours = parameter('hours', '1');
  const level = parameter('level', 'errors');
  const query = new URLSearchParams({
    ...(name && { name }),
    hours: hours.value,
    level: level.value,
  });
  const log = useAsked<LogAnswer>(`/logs?${query}`);
  return (
    <section aria-labelledby="log-title">
      <div class="screen-head">
        <h2 id="log-title">{name ? `The log of ${name}` : 'What functions log'}</h2>
        {name && (
          <button type="button" onClick={onAll}>
            All functions
          </button>
        )}
        <button type="button" onClick={log.again}>
          Look again
        </button>
      </div>
      <div class="filters">
        <Choice
          label="Lines"
          value={level.value}
          options={[
            ['errors', 'errors only'],
            ['all', 'all'],
          ]}
          onValue={(chosen) => {
            level.value = chosen;
          }}
        />
        <Choice
          label="Of the last"
          value={hours.value}
          options={SPANS}
          onValue={(chosen) => {
            hours.value = chosen;
          }}
        />
      </div>
      <Asked asked={log}>
        {({ lines, isWhole }) =>
          lines.length === 0 ? (
            <p class="empty">
              {level.value === 'errors'
                ? 'No function logged an error in that time.'
                : 'Nothing was logged in that time.'}
            </p>
          ) : (
            <ListTable
              label="Lines of the log, the newest first"
              columns={['When', 'Function', 'Level', 'What']}
              isWhole={isWhole}
            >
              {lines.map(
                ({ at, function: writer, level: its, fact, message, requestId }, index) => (
                  <tr key={`${at}${index}`}>
                    <td>{formatMoment(at)}</td>
                    <td>{writer}</td>
                    <td class={its === 'ERROR' ? 'bad' : ''}>{its.toLowerCase()}</td>
                    <td>
                      <details>
                        <summary>{fact ?? firstWords(message)}</summary>
                        {requestId && <p class="small">request {requestId}</p>}
                        <pre class="text">
                          {typeof message === 'string'
                            ? message
                            : JSON.stringify(message, undefined, 2)}
                        </pre>
                      </details>
                    </td>
                  </tr>
                ),
              )}
            </ListTable>
          )
        }
      </Asked>
    </section>
  );
}

const firstWords = (message: unknown): string => {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return text.length > 80 ? `${text.slice(0, 80)} …` : text;
};
