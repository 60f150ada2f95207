import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { POSTS_AT_ONCE } from '../../contract/limits.ts';
import { inParallel } from '../../lambdas/platform/parallel.ts';
import { openSender } from '../../lambdas/platform/sender/sender.ts';
import { answerLoad } from '../load.ts';

export type Contender = 'ours' | 'sdk' | 'sdkAdaptive';

export interface Orders {
  readonly contender: Contender;
  readonly endpoint: string;
  readonly posts: number;
}

const FRAME = JSON.stringify({ type: 'notification', payload: 'x'.repeat(200) });
const region = 'us-east-1';
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

type Post = (ids: readonly string[]) => Promise<unknown>;

/** The way that the documents go: everything at once, and whatever fails has failed. */
function throughSdk(endpoint: string, retryMode: string): Post {
  const settings: ApiGatewayManagementApiClientConfig = {
    endpoint,
    region,
    credentials,
    retryMode,
  };
  const client = new ApiGatewayManagementApiClient(settings);
  return (ids) =>
    Promise.allSettled(
      ids.map((ConnectionId) =>
        client.send(new PostToConnectionCommand({ ConnectionId, Data: FRAME })),
      ),
    );
}

const contenders: { readonly [Name in Contender]: (endpoint: string) => Post } = {
  ours: (endpoint) => {
    const { post } = openSender({ endpoint, region, credentials });
    return (ids) => inParallel(ids, POSTS_AT_ONCE, (id) => post(id, FRAME));
  },
  sdk: (endpoint) => throughSdk(endpoint, 'standard'),
  sdkAdaptive: (endpoint) => throughSdk(endpoint, 'adaptive'),
};

/** Milliseconds from the first post to the last outcome. */
answerLoad<Orders, number>(async ({ contender, endpoint, posts }) => {
  const post = contenders[contender](endpoint);
  const began = performance.now();
  await post(Array.from({ length: posts }, (_, at) => `${at.toString(36).padStart(15, 'A')}=`));
  return performance.now() - began;
});
