import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { BroadcastRequest } from '../../contract/broadcast.ts';
import { functionNameOf } from './environment.ts';

/**
 * Broadcasts an event without waiting for what becomes of it [S4-03], in any function that was given
 * `grantInvoke` for `broadcast-event`. Lambda has it when this resolves, and tries it twice more where it fails.
 */
export function openAnnouncer(): (event: BroadcastRequest) => Promise<void> {
  const client = new LambdaClient({});
  const FunctionName = functionNameOf('broadcast-event');
  return async (event) => {
    const Payload = JSON.stringify(event);
    await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
  };
}
