import type { ExecutionAnswer, ExecutionList } from '../../../operator/executions.ts';
import type { Step } from '../../../operator/steps.ts';
import { formatMoment, formatMs } from '../format.ts';
import { Asked, useAsked } from './asked.tsx';
import { ListTable } from './list-table.tsx';
import { parameter } from './place.ts';
import { ScreenHead } from './screen-head.tsx';
import { counted } from './sentences.ts';

/** Workflows as they run: each step with its time, what failed, and whom it told. */
export function ExecutionsScreen() {
  const chosen = parameter('execution');
  const list = useAsked<ExecutionList>('/executions', { everyMs: 2000 });
  return (
    <>
      <ScreenHead title="Executions" onAgain={list.again} />
      <Asked asked={list}>
        {({ machines, executions }) =>
          executions.length === 0 ? (
            <p class="empty">
              {machines.length === 0
                ? 'This deployment has no state machine: the sample “tournament” brings one.'
                : `${machines.join(', ')} has not been started yet: POST /tournaments/ID/assignment starts it.`}
            </p>
          ) : (
            <ListTable
              label="Executions, the newest first"
              columns={['Execution', 'Status', 'Started', 'Took', 'Machine']}
            >
              {executions.map(({ executionArn, name, status, startedAt, stoppedAt, machine }) => (
                <tr
                  key={executionArn}
                  aria-current={chosen.value === executionArn ? 'true' : undefined}
                >
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        chosen.value = executionArn;
                      }}
                    >
                      {name}
                    </button>
                  </th>
                  <td class={classOf(status)}>{status.toLowerCase()}</td>
                  <td>{formatMoment(startedAt)}</td>
                  <td>{took(startedAt, stoppedAt)}</td>
                  <td>{machine}</td>
                </tr>
              ))}
            </ListTable>
          )
        }
      </Asked>
      {chosen.value && <Execution key={chosen.value} arn={chosen.value} />}
    </>
  );
}

const classOf = (status: string): string => {
  if (status === 'SUCCEEDED') return 'good';
  return status === 'RUNNING' ? 'warn' : 'bad';
};

function took(from: string, to: string | undefined): string {
  return to === undefined ? '–' : formatMs(Date.parse(to) - Date.parse(from));
}

function Execution({ arn }: { arn: string }) {
  const path = `/execution?${new URLSearchParams({ arn })}`;
  const asked = useAsked<ExecutionAnswer>(path, {
    everyMs: 1000,
    until: ({ status }) => status !== 'RUNNING',
  });
  return (
    <Asked asked={asked}>
      {({ name, status, error, cause, steps, input, output, isWhole }) => (
        <section class="card" aria-labelledby="execution-title">
          <h3 id="execution-title">
            {name} <span class={classOf(status)}>{status.toLowerCase()}</span>
          </h3>
          {error && (
            <p class="bad">
              {error}
              {cause && `: ${cause}`}
            </p>
          )}
          <ol class="steps">
            {steps.map((step) => (
              <StepLine key={`${step.enteredAt}${step.name}`} step={step} />
            ))}
          </ol>
          {!isWhole && <p class="small">Its history is longer than what is shown.</p>}
          <Text name="Input" text={input} />
          <Text name="Output" text={output} />
        </section>
      )}
    </Asked>
  );
}

function StepLine({ step }: { step: Step }) {
  const { name, type, enteredAt, leftAt, outcome, tries, errors, told, input, output } = step;
  return (
    <li class={`step step-${outcome}`}>
      <p class="step-line">
        <strong>{name}</strong>
        <span class={outcome === 'done' ? 'good' : outcome === 'running' ? 'warn' : 'bad'}>
          {outcome}
        </span>
        <span class="small">
          {[
            type,
            formatMoment(enteredAt),
            ...(leftAt ? [took(enteredAt, leftAt)] : []),
            ...(tries > 1 ? [counted(tries, 'try', 'tries')] : []),
          ].join(' · ')}
        </span>
      </p>
      {errors.map(({ at, error, cause }) => (
        <p key={`${at}${error}`} class="bad">
          {error}
          {cause && `: ${cause}`}
        </p>
      ))}
      {told && (
        <p>
          told <a href="#operate/functions?function=broadcast-event&level=all">{told.type}</a>
          {told.delivered !== undefined &&
            ` to ${counted(told.delivered, 'connection')}${told.gone ? `, ${told.gone} gone` : ''}`}
        </p>
      )}
      <div class="step-texts">
        <Text name="Input" text={input} />
        <Text name="Output" text={output} />
      </div>
    </li>
  );
}

function Text({ name, text }: { name: string; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <details>
      <summary>{name}</summary>
      <pre class="text">{indented(text)}</pre>
    </details>
  );
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
