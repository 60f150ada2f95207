import type { Invocation, StageContext } from '../service.ts';
import { callAs } from '../wire/signed-call.ts';
import type { AsyncEvent, Condition } from './async-event.ts';

/**
 * Sends the record of a finished asynchronous invocation to its destination (behaviour sheet 2.3),
 * with the rights of the function's role. Says so to the person at the keyboard when the event is lost.
 */
export async function deliver(
  context: StageContext,
  destination: string,
  event: AsyncEvent,
  condition: Condition,
  invocation: Invocation | undefined,
  invokeLater: (functionArn: string, payload: string, by: string) => void,
): Promise<void> {
  const { functionArn, payload, requestId, attempts } = event;
  const fn = context.assembly.find('AWS::Lambda::Function', functionArn);
  if (!fn) return;
  const { TargetArn: deadLetterArn } = (fn.properties.DeadLetterConfig ?? {}) as {
    TargetArn?: string;
  };
  try {
    if (destination.includes(':sqs:')) {
      await send(context, fn.id, destination, recordOf(context, event, condition, invocation));
    } else if (destination !== '') {
      context.access.demandInvoke(context.access.principalOfFunction(fn.id), destination);
      invokeLater(destination, recordOf(context, event, condition, invocation), fn.logicalId);
    }
    if (condition === 'Success') return;
    if (deadLetterArn) await send(context, fn.id, deadLetterArn, payload);
    else if (destination === '') {
      context.warn(
        `${fn.path} failed ${attempts} times on the event ${requestId} and has no on-failure destination: the event is lost.`,
      );
    }
  } catch (error) {
    context.warn(
      `The event ${requestId} of ${fn.path} is lost, its destination refused it: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function recordOf(
  { clock }: StageContext,
  { functionArn, payload, requestId, attempts }: AsyncEvent,
  condition: Condition,
  invocation: Invocation | undefined,
): string {
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date(clock.now()).toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload),
    ...(invocation && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(invocation.error && { functionError: invocation.error }),
      },
      responsePayload: JSON.parse(invocation.payload),
    }),
  });
}

async function send(
  context: StageContext,
  functionId: string,
  queueArn: string,
  body: string,
): Promise<void> {
  const queue = context.assembly.find('AWS::SQS::Queue', queueArn);
  await callAs(
    functionId,
    {
      service: 'sqs',
      target: 'AmazonSQS.SendMessage',
      input: { QueueUrl: queue?.id, MessageBody: body },
    },
    context,
  );
}
