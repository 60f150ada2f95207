import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Refusal } from '../../contract/refusals.ts';
import { type TaskCall, TaskFailure, taskEdge } from '../../lambdas/platform/task-edge.ts';

const context = { awsRequestId: 'r1', getRemainingTimeInMillis: () => 5000 };
const props = { shape: z.object({ name: z.string() }), refused: 'GreetRefused' };
const greet = (run: (call: TaskCall<{ name: string }>) => Promise<object>) =>
  taskEdge('greet', props, run);

async function fault(run: () => Promise<object>, payload: unknown = { name: 'Joe' }) {
  const error = await greet(run)(payload, context).catch((thrown: Error) => thrown);
  if (!(error instanceof Error)) throw new Error('It did not fail.');
  const { name, message, stack } = error;
  return { name, message, stack };
}

describe('a task of a workflow', () => {
  it('is told its request, the id that retries keep, and its time', async () => {
    const before = Date.now();
    const answer = await greet(async (call) => call)({ name: 'Joe', more: 1 }, context);
    expect(answer).toMatchObject({ request: { name: 'Joe' }, requestId: 'r1' });
    const { endsAt } = answer as { endsAt: number };
    expect(endsAt - before).toBeGreaterThanOrEqual(5000);
    expect(endsAt - before).toBeLessThan(6000);
  });

  it('fails by name where a payload or a refusal makes trying again pointless', async () => {
    const never = () => Promise.reject(new Error('never run'));
    expect(await fault(never, { name: 7 })).toMatchObject({
      name: 'GreetRefused',
      message: expect.stringContaining('Look at "name".'),
    });
    const refuse = () => Promise.reject(new Refusal('too-large', 'By far.'));
    expect(await fault(refuse)).toMatchObject({ name: 'GreetRefused' });
  });

  it('fails by the name that its flow gives, where trying again would help', async () => {
    const unfinished = () => Promise.reject(new TaskFailure('GreetUnfinished', 'Two of three.'));
    const error = await fault(unfinished);
    expect(error).toEqual({
      name: 'GreetUnfinished',
      message: 'Two of three.',
      stack: 'Two of three.',
    });
  });

  it.each([new Error('secret of the inside'), new Refusal('busy')])(
    'fails without a name of its own, and without the inside, on all else (%s)',
    async (inside) => {
      const error = await fault(() => Promise.reject(inside));
      expect(error).toMatchObject({ name: 'Error', message: 'greet failed: its log says why.' });
      expect(error.stack).not.toContain('inside');
    },
  );
});
