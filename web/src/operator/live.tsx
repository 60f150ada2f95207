import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { JournalLine } from '../../../contract/journal.ts';
import { formatMoment, formatTime } from '../format.ts';
import { facts as stage } from '../stage.ts';
import { frames } from '../trace.ts';
import { Asked, useAsked } from './asked.tsx';
import { Choice } from './choice.tsx';
import { isBad, Moments } from './moments.tsx';
import { parameter } from './place.ts';
import { ScrollBox } from './scroll-box.tsx';
import { KeptFilter } from './text-filter.tsx';

interface LiveFacts {
  /** The newest first. */
  readonly facts: readonly JournalLine[];
  readonly isWhole: boolean;
}

const kinds = [
  ['facts', 'what functions note'],
  ['frames', 'frames and sockets'],
] as const;

/** What happens, as it happens: what functions note, and of a stage each frame at its sockets. */
export function LiveScreen() {
  const show = parameter('show', 'facts');
  const isPaused = useSignal(false);
  const hasFrames = stage.value?.isStage === true;
  const Shown = hasFrames && show.value === 'frames' ? Frames : Facts;
  return (
    <>
      <div class="screen-head">
        <h2>Live</h2>
        <button
          type="button"
          aria-pressed={isPaused.value}
          onClick={() => {
            isPaused.value = !isPaused.value;
          }}
        >
          {isPaused.value ? 'Go on' : 'Pause'}
        </button>
        {isPaused.value && <span class="warn">It stands still.</span>}
      </div>
      <Shown isPaused={isPaused.value}>
        {hasFrames && (
          <Choice
            label="Show"
            value={show.value}
            options={kinds}
            onValue={(next) => {
              show.value = next;
            }}
          />
        )}
      </Shown>
    </>
  );
}

const spans = [
  ['5', '5 minutes'],
  ['15', '15 minutes'],
  ['60', 'hour'],
] as const;

/** A query of the logs costs something on AWS, and lines are there some seconds after they were written. */
const STAGE_EVERY_MS = 2000;
const AWS_EVERY_MS = 15_000;

interface ShownProps {
  readonly isPaused: boolean;
  /** What to show: the first of the filters. */
  readonly children: ComponentChildren;
}

function Facts({ isPaused, children }: ShownProps) {
  const minutes = parameter('minutes', '5');
  const filters = {
    user: parameter('user'),
    session: parameter('session'),
    topic: parameter('topic'),
    connection: parameter('connection'),
  };
  const query = new URLSearchParams({ minutes: minutes.value });
  for (const [name, { value }] of Object.entries(filters)) if (value) query.set(name, value);
  const everyMs = stage.value?.isStage ? STAGE_EVERY_MS : AWS_EVERY_MS;
  const live = useAsked<LiveFacts>(`/facts?${query}`, { everyMs, isPaused });
  return (
    <>
      <div class="filters">
        {children}
        <Choice
          label="Of the last"
          value={minutes.value}
          options={spans}
          onValue={(next) => {
            minutes.value = next;
          }}
        />
        {Object.entries(filters).map(([name, filter]) => (
          <KeptFilter
            key={name}
            label={name.replace(/^./, (letter) => letter.toUpperCase())}
            kept={filter}
            on="change"
          />
        ))}
      </div>
      <Asked asked={live}>
        {({ facts, isWhole }) =>
          facts.length === 0 ? (
            <p class="empty">Nothing was noted of that in the last {minutes.value} minutes.</p>
          ) : (
            <ScrollBox label="What was noted, the newest first">
              <Moments
                moments={facts.map(({ at, fact, ...about }) => ({
                  at: formatMoment(at),
                  what: fact,
                  isBad: isBad({ what: fact, ...about }),
                  about,
                }))}
              />
              {!isWhole && <p class="small">There is more: filter it, or ask the command line.</p>}
            </ScrollBox>
          )
        }
      </Asked>
    </>
  );
}

const FRAMES_SHOWN = 200;

function Frames({ isPaused, children }: ShownProps) {
  const find = parameter('find');
  const held = useRef(frames.value);
  if (!isPaused) held.current = frames.value;
  const shown = held.current
    .filter(({ by, on, what, outcome }) => [by, on, what, outcome].join(' ').includes(find.value))
    // Each is told when it is over.
    .toSorted((one, other) => other.at - one.at)
    .slice(0, FRAMES_SHOWN);
  return (
    <>
      <div class="filters">
        {children}
        <KeptFilter label="Find" kept={find} placeholder="a connection, a route, an outcome" />
      </div>
      {shown.length === 0 ? (
        <p class="empty">
          No frame has come or gone since this page was opened, or none has that in it.
        </p>
      ) : (
        <ScrollBox label="Frames, the newest first">
          <Moments
            moments={shown.map(({ at, by, what, on, outcome, detail }) => ({
              at: formatTime(at),
              what: what === 'sent' ? 'to the client' : what,
              isBad: outcome !== 'ok' && !/^1\d\d/.test(outcome),
              about: { connectionId: what === 'sent' ? on : by, outcome, ...detail },
            }))}
          />
        </ScrollBox>
      )}
    </>
  );
}
