import type * as z from 'zod/mini';
import { logDefect } from './log.ts';
import { inParallel } from './parallel.ts';

interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The edge of a queue: messages one by one, and only those that failed come again. */
export const queueEdge =
  <Message>(
    queue: string,
    shape: z.ZodMiniType<Message>,
    run: (message: Message, now: number) => Promise<void>,
  ) =>
  async ({ Records }: QueueEvent): Promise<BatchAnswer> => {
    const failures = await inParallel(Records, Records.length, async ({ messageId, body }) => {
      try {
        await run(shape.parse(JSON.parse(body)), Date.now());
        return [];
      } catch (fault) {
        logDefect('message.failed', fault, { queue, messageId });
        return [{ itemIdentifier: messageId }];
      }
    });
    return { batchItemFailures: failures.flat() };
  };

/** The same for what is done better together. Messages that are none are left out: they would come again as none. */
export const queueBatchEdge =
  <Message>(
    queue: string,
    shape: z.ZodMiniType<Message>,
    run: (messages: readonly Message[], now: number) => Promise<void>,
  ) =>
  async ({ Records }: QueueEvent): Promise<BatchAnswer> => {
    const messages = Records.flatMap(({ messageId, body }) => {
      try {
        return [shape.parse(JSON.parse(body))];
      } catch (fault) {
        logDefect('message.failed', fault, { queue, messageId });
        return [];
      }
    });
    await run(messages, Date.now());
    return { batchItemFailures: [] };
  };
