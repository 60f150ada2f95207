import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

/** What every function is held against: the SDK's client by itself, and one read. */
export const handler = async (): Promise<void> => {
  await client.send(
    new GetItemCommand({
      TableName: process.env.CONNECTIONS_TABLE_NAME,
      Key: { connectionId: { S: 'anyone' } },
    }),
  );
};
