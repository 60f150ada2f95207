import type { Engine } from './engine.ts';

/** One record of a table's stream, as GetRecords gives it and Lambda hands it on. */
export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, { S: string }>>;
    readonly NewImage?: Readonly<Record<string, never>>;
    readonly OldImage?: Readonly<Record<string, never>>;
  };
}

/** Everything that a table's stream on a real engine holds so far, oldest first. */
export async function readStream(engine: Engine, TableName: string): Promise<StreamRecord[]> {
  const ask = async (call: string, input: object): Promise<Record<string, never>> => {
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${call}`,
        // The engine wants a signature to be there, and checks none.
        'x-amz-date': '20260101T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${call}: ${await response.text()}`);
    return (await response.json()) as Record<string, never>;
  };
  const { Streams } = await ask('ListStreams', { TableName });
  const StreamArn = (Streams as unknown as { StreamArn: string }[])[0]?.StreamArn;
  const { StreamDescription } = await ask('DescribeStream', { StreamArn });
  const { Shards } = StreamDescription as unknown as { Shards: { ShardId: string }[] };
  const records: StreamRecord[] = [];
  for (const { ShardId } of Shards) {
    const first = await ask('GetShardIterator', {
      StreamArn,
      ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    let iterator: string | undefined = first.ShardIterator;
    while (iterator !== undefined) {
      const page = await ask('GetRecords', { ShardIterator: iterator });
      const found = page.Records as unknown as StreamRecord[];
      records.push(...found);
      iterator = found.length > 0 ? page.NextShardIterator : undefined;
    }
  }
  return records;
}
