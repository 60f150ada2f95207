import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { type Access, AwsFault, type Clock, type Principal } from '../service.ts';
import { canonicalRequest, headerOf, type SignedRequest } from './canonical-request.ts';
import { hmacUnder } from './hmac.ts';

interface Authorization {
  readonly accessKeyId: string;
  /** `20261120/us-east-1/dynamodb/aws4_request` */
  readonly scope: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const skewAllowed = 5 * 60_000;

/**
 * Who signed this request, by Signature Version 4. Throws an {@link AwsFault} (status 403; endpoints
 * that speak the JSON protocols send it as 400) with the name and the words that AWS uses.
 * Functions live in the stage's time, as it was when they were called, everybody else in the machine's:
 * once the clock was moved, a signature may be of any time in between.
 */
export function verifySignature(
  request: SignedRequest,
  credential: Access['credential'],
  region: string,
  clock: Clock,
): Principal {
  const authorization = readAuthorization(request);
  const known = credential(authorization.accessKeyId);
  if (!known || headerOf(request, 'x-amz-security-token') !== (known.sessionToken ?? '')) {
    throw fault(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (authorization.region !== region) {
    throw fault('InvalidSignatureException', 'Credential should be scoped to a valid region. ');
  }
  const time = headerOf(request, 'x-amz-date');
  checkTime(time, authorization.day, clock);

  const expected = sign(request, { ...authorization, time, secret: known.secretAccessKey });
  if (!isSame(expected, authorization.signature)) {
    throw fault(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return known.principal;
}

/** Under which access key a request claims to be signed; empty when it is unsigned. */
export function claimedKey({ authorization = '' }: SignedRequest['headers']): string {
  return /Credential=([^/,\s]+)\//.exec(String(authorization))?.[1] ?? '';
}

const authorizationShape =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/((\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

function readAuthorization(request: SignedRequest): Authorization {
  const header = headerOf(request, 'authorization');
  if (header === '') {
    throw fault('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [, accessKeyId, scope, day, region, service, names, signature] =
    authorizationShape.exec(header) ?? [];
  if (!accessKeyId || !scope || !day || !region || !service || !names || !signature) {
    throw fault(
      'IncompleteSignatureException',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
    );
  }
  const signedHeaders = names.split(';');
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date')) {
    throw fault(
      'InvalidSignatureException',
      "'Host' and 'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  return { accessKeyId, scope, day, region, service, signedHeaders, signature };
}

function checkTime(time: string, day: string, clock: Clock): void {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Number.isNaN(signedAt) || !time.startsWith(day)) {
    throw fault(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${time.slice(0, 8)}', from '${time}'.`,
    );
  }
  const now = clock.now();
  const machineNow = now - clock.ahead();
  if (signedAt < machineNow - skewAllowed) {
    throw fault(
      'InvalidSignatureException',
      `Signature expired: ${time} is now earlier than ${basic(machineNow - skewAllowed)} (${basic(machineNow)} - 5 min.)`,
    );
  }
  if (signedAt > now + skewAllowed) {
    throw fault(
      'InvalidSignatureException',
      `Signature not yet current: ${time} is still later than ${basic(now + skewAllowed)} (${basic(now)} + 5 min.)`,
    );
  }
}

interface Signing {
  readonly scope: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly time: string;
  readonly secret: string;
}

/** The signature, in hexadecimal, that the holder of this secret gives this request. */
export function sign(request: SignedRequest, signing: Signing): string {
  const canonical = canonicalRequest(request, signing.signedHeaders);
  const toSign = `AWS4-HMAC-SHA256\n${signing.time}\n${signing.scope}\n${hash('sha256', canonical)}`;
  return underSigningKey(signing)(toSign);
}

/** Keys derived from a secret: good for a day, so that each call needs one HMAC and not five. */
const signingKeys = new Map<string, (text: string) => string>();
const signingKeysKept = 1000;

function underSigningKey({ secret, day, region, service }: Signing): (text: string) => string {
  const name = `${secret} ${day} ${region} ${service}`;
  const known = signingKeys.get(name);
  if (known) return known;
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (parent, part) => createHmac('sha256', parent).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  if (signingKeys.size >= signingKeysKept) signingKeys.clear();
  const under = hmacUnder(key);
  signingKeys.set(name, under);
  return under;
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** `20261120T094141Z` */
function basic(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function fault(name: string, message: string): AwsFault {
  return new AwsFault(name, message, 403);
}
