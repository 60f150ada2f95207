import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** A file of its own, to be loaded when it is needed: of the SDK's client the bundle then has these parts alone. */
export function openQueueClient() {
  const client = new SQSClient({});
  return (QueueUrl: string, MessageBody: string, DelaySeconds: number) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));
}
