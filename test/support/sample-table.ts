import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { Engine } from './engine.ts';

/** A table of a sample, outside the published layout: two keys, both text. */
export async function createSampleTable(
  engine: Engine,
  TableName: string,
  partition: string,
  sort: string,
): Promise<void> {
  await engine.client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [partition, sort].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
    }),
  );
}
