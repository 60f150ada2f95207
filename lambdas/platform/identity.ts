import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import {
  FetchError,
  JwksValidationError,
  JwtBaseError,
  JwtExpiredError,
} from 'aws-jwt-verify/error';
import type { Fetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { Refusal } from '../../contract/refusals.ts';
import { type Identity, identify } from '../../rules/identity.ts';
import { cognitoEndpoint, userPool } from './environment.ts';

/**
 * Verifies access tokens of our own pool: signature, expiry, `token_use` and `client_id`, then what we
 * demand ourselves [S3-10].
 *
 * Refuses `token-expired`, `token-invalid`, `tenant-needed`, `tenant-not-allowed`. A key set that
 * cannot be fetched is a defect of the moment, not the caller's fault.
 */
export function openVerifier(): (token: string, tenant?: string) => Promise<Identity> {
  const { userPoolId, clientId } = userPool();
  const verifier = CognitoJwtVerifier.create(
    { userPoolId, clientId, tokenUse: 'access' },
    { jwksCache: new SimpleJwksCache({ fetcher: keyFetcher }) },
  );
  return async (token, tenant) => {
    let claims: Awaited<ReturnType<typeof verifier.verify>>;
    try {
      claims = await verifier.verify(token);
    } catch (fault) {
      throw refusalOf(fault);
    }
    return identify(claims, tenant);
  };
}

function refusalOf(fault: unknown): unknown {
  if (fault instanceof JwtExpiredError) return new Refusal('token-expired');
  const isOurs = fault instanceof FetchError || fault instanceof JwksValidationError;
  return fault instanceof JwtBaseError && !isOurs ? new Refusal('token-invalid') : fault;
}

/**
 * Key sets come over node's own client: the library's refuses plain http, which stands in for Cognito
 * where the SDKs are told so by their endpoint variable, and global `fetch` costs 20 ms of cold start.
 */
const keyFetcher: Fetcher = {
  fetch: (uri) =>
    new Promise((resolve, reject) => {
      const url = new URL(uri);
      const elsewhere = cognitoEndpoint();
      const target = elsewhere === undefined ? url : new URL(url.pathname, elsewhere);
      const send = target.protocol === 'http:' ? requestPlain : requestSecure;
      const request = send(target, { timeout: 1500 }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(new Uint8Array(Buffer.concat(pieces)).buffer);
          else reject(new FetchError(uri, `status ${response.statusCode}`));
        });
      });
      request.on('timeout', () => request.destroy(new FetchError(uri, 'no answer in time')));
      request.on('error', reject);
      request.end();
    }),
};
