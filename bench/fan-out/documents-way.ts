import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';

const { CONNECTIONS_TABLE_NAME, SOCKETS_ENDPOINT } = process.env;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sockets = new ApiGatewayManagementApiClient({ endpoint: SOCKETS_ENDPOINT ?? '' });

/** As the documents have it (s4): everybody who is in the table, and a post to each, all at once. */
export const handler = async ({ Data }: { readonly Data: string }): Promise<number> => {
  const ids: string[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({ TableName: CONNECTIONS_TABLE_NAME, ExclusiveStartKey }),
    );
    ids.push(...(page.Items ?? []).map(({ connectionId }) => String(connectionId)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  const posts = await Promise.allSettled(
    ids.map((ConnectionId) => sockets.send(new PostToConnectionCommand({ ConnectionId, Data }))),
  );
  return posts.filter(({ status }) => status === 'fulfilled').length;
};
