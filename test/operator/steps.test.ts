import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../operator/steps.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, second));
const iso = (second: number) => at(second).toISOString();

/** A history as Step Functions tells it: each event comes after the one before, unless it says otherwise. */
function history(
  ...events: readonly (readonly [type: string, details?: object, after?: number])[]
) {
  return events.map(([type, details = {}, after], index) => ({
    id: index + 1,
    previousEventId: after ?? index,
    type,
    timestamp: at(index),
    [`${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`]: details,
  }));
}

const event = { type: 'workflow.started', tournamentId: 't1', tenant: 'acme', data: {} };
const report = { broadcastId: 'arn', delivered: 3, gone: 1, failed: 0 };

describe('the steps of an execution', () => {
  it('are its states in order, each with its times, its input and what came of it', () => {
    const steps = stepsOf(
      history(
        ['ExecutionStarted', { input: '{}' }],
        ['PassStateEntered', { name: 'Begin', input: '{"a":1}' }],
        ['PassStateExited', { name: 'Begin', output: '{"a":2}' }],
        ['TaskStateEntered', { name: 'Work', input: '{"a":2}' }],
        ['TaskScheduled'],
        ['TaskStarted'],
      ),
    );
    expect(steps).toEqual([
      {
        name: 'Begin',
        type: 'Pass',
        enteredAt: iso(1),
        leftAt: iso(2),
        outcome: 'done',
        tries: 0,
        errors: [],
        input: '{"a":1}',
        output: '{"a":2}',
      },
      {
        name: 'Work',
        type: 'Task',
        enteredAt: iso(3),
        outcome: 'running',
        tries: 1,
        errors: [],
        input: '{"a":2}',
      },
    ]);
  });

  it('tell each try that failed, and a retry that made it good', () => {
    const [step] = stepsOf(
      history(
        ['TaskStateEntered', { name: 'Work' }],
        ['TaskScheduled'],
        ['TaskFailed', { error: 'Busy', cause: 'too much' }],
        ['TaskScheduled'],
        ['TaskTimedOut', { error: 'States.Timeout' }],
        ['TaskScheduled'],
        ['TaskSucceeded', { output: '1' }],
        ['TaskStateExited', { name: 'Work', output: '1' }],
      ),
    );
    expect(step).toMatchObject({
      outcome: 'done',
      tries: 3,
      errors: [
        { at: iso(2), error: 'Busy', cause: 'too much' },
        { at: iso(4), error: 'States.Timeout' },
      ],
    });
  });

  it('show one as failed that ended its execution, or whose error was caught', () => {
    const failed = stepsOf(
      history(
        ['TaskStateEntered', { name: 'Work' }],
        ['TaskScheduled'],
        ['TaskFailed', { error: 'Broken' }],
        ['ExecutionFailed', { error: 'Broken' }],
      ),
    );
    expect(failed).toMatchObject([{ outcome: 'failed', errors: [{ error: 'Broken' }] }]);
    const caught = stepsOf(
      history(
        ['TaskStateEntered', { name: 'Work' }],
        ['TaskScheduled'],
        ['TaskFailed', { error: 'Broken' }],
        ['TaskStateExited', { name: 'Work', output: '{}' }],
        ['PassStateEntered', { name: 'Mend' }],
      ),
    );
    expect(caught).toMatchObject([
      { outcome: 'failed', leftAt: iso(3) },
      { name: 'Mend', outcome: 'running' },
    ]);
  });

  it('side by side are kept apart by what came before each event', () => {
    const steps = stepsOf(
      history(
        ['TaskStateEntered', { name: 'Left' }, 0],
        ['TaskStateEntered', { name: 'Right' }, 0],
        ['TaskScheduled', {}, 1],
        ['TaskScheduled', {}, 2],
        ['TaskFailed', { error: 'Broken' }, 3],
        ['TaskSucceeded', {}, 4],
      ),
    );
    expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['Left', 'failed'],
      ['Right', 'done'],
    ]);
  });

  it.each([
    ['of a function', { input: JSON.stringify(event) }, { output: JSON.stringify(report) }],
    [
      'of an integration',
      { parameters: JSON.stringify({ FunctionName: 'f', Payload: event }) },
      { output: JSON.stringify({ Payload: report }) },
    ],
  ])('tell what was broadcast, and whom it reached: a task %s', (_, scheduled, succeeded) => {
    const [step] = stepsOf(
      history(
        ['TaskStateEntered', { name: 'workflow.started' }],
        ['TaskScheduled', scheduled],
        ['TaskSucceeded', succeeded],
      ),
    );
    const { data: _data, ...named } = event;
    expect(step?.told).toEqual({ ...named, ...report });
  });

  it('tell of no broadcast where a task’s input only looks a little like one', () => {
    for (const input of ['{"type":"plain","tournamentId":"t"}', '{"type":"a.b"}', 'no json', '7']) {
      const [step] = stepsOf(
        history(['TaskStateEntered', { name: 'Work' }], ['TaskScheduled', { input }]),
      );
      expect(step).not.toHaveProperty('told');
    }
  });
});
