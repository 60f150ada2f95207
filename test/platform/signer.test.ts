import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSigner } from '../../lambdas/platform/sender/signer.ts';

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the SDK would send, signed, at that time. */
async function bySdk(
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
  region: string,
  { id, frame, at }: { id: string; frame: string; at: number },
): Promise<SdkRequest> {
  const sent: SdkRequest[] = [];
  const client = new ApiGatewayManagementApiClient({
    endpoint: 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod',
    region,
    credentials,
    maxAttempts: 1,
    // The SDK corrects its clock by this much: it signs for another time than now.
    systemClockOffset: at - Date.now(),
    requestHandler: {
      handle: async (request: SdkRequest) => {
        sent.push(request);
        throw new Error('It need not be sent.');
      },
    } as never,
  });
  await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: frame })).catch(() => {});
  const [request] = sent;
  if (!request) throw new Error('The SDK sent nothing.');
  return request;
}

const key = fc.string({ unit: fc.constantFrom(...'ABCXYZ0189/+'), minLength: 16, maxLength: 90 });
const connectionId = fc
  .string({ unit: fc.constantFrom(...'abXY09-_'), minLength: 15, maxLength: 15 })
  .map((id) => `${id}=`);

describe('a signature of ours', () => {
  it('is the one that the SDK makes, for any key, region, connection, frame and day', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ secret: key, token: fc.option(key, { nil: undefined }) }),
        fc.constantFrom('us-east-1', 'eu-central-2'),
        fc.array(
          fc.record({
            id: connectionId,
            frame: fc.string({ unit: 'binary', maxLength: 200 }),
            at: fc.integer({ min: 1_700_000_000_000, max: 2_000_000_000_000 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        async ({ secret, token }, region, posts) => {
          const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret };
          const sign = openSigner({ ...identity, region, service: 'execute-api' });
          for (const post of posts) {
            const credentials = {
              ...identity,
              ...(token !== undefined && { sessionToken: token }),
            };
            const { method, path, headers } = await bySdk(credentials, region, post);
            const [, names = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
            const signed = names.split(';').map((name) => [name, headers[name] ?? '']);
            const ours = sign({
              method,
              path,
              headers: Object.fromEntries(signed),
              payloadHash: headers['x-amz-content-sha256'] ?? '',
              time: headers['x-amz-date'] ?? '',
            });
            expect(ours).toBe(headers.authorization);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
