import { timingSafeEqual } from 'node:crypto';
import { type Access, AwsFault, type Clock, type Principal } from '../service.ts';
import type { SignedRequest } from './canonical-request.ts';
import { sign } from './sigv4.ts';

const SIGNATURE = 'X-Amz-Signature';
const SKEW_ALLOWED_MS = 5 * 60_000;
const LIFETIME_MOST_SECONDS = 7 * 24 * 3600;

/** Is this a URL that somebody signed, for whoever holds it? */
export const isPresigned = (url: string): boolean => parametersOf(url).has(SIGNATURE);

/**
 * Who signed this URL, by Signature Version 4 in its query: every parameter but the signature itself is signed, the
 * session token included. Good from its date on for as long as it says. Throws an {@link AwsFault} (403).
 */
export function verifyPresigned(
  request: SignedRequest,
  credential: Access['credential'],
  { region, service }: { readonly region: string; readonly service: string },
  clock: Clock,
): Principal {
  const parameters = parametersOf(request.url);
  const of = (name: string): string => parameters.get(name) ?? '';
  const [accessKeyId = '', ...scope] = of('X-Amz-Credential').split('/');
  const [day = ''] = scope;
  const signedHeaders = of('X-Amz-SignedHeaders').split(';');
  const time = of('X-Amz-Date');
  const isWhole = of('X-Amz-Algorithm') === 'AWS4-HMAC-SHA256' && signedHeaders.includes('host');
  if (!isWhole || scope.join('/') !== `${day}/${region}/${service}/aws4_request`) {
    throw refused('The query is not signed as this service wants it.');
  }
  const known = credential(accessKeyId);
  if (!known || of('X-Amz-Security-Token') !== (known.sessionToken ?? '')) {
    throw refused('The security token included in the request is invalid.');
  }
  demandTime(time, day, parameters.get('X-Amz-Expires'), clock);
  const expected = sign(
    { ...request, url: withoutSignature(request.url) },
    {
      scope: scope.join('/'),
      day,
      region,
      service,
      signedHeaders,
      time,
      secret: known.secretAccessKey,
    },
  );
  if (!isSame(expected, of(SIGNATURE))) {
    throw refused('The request signature we calculated does not match the signature you provided.');
  }
  return known.principal;
}

/** Signers live in the machine's time, or in the stage's where its clock was moved: any in between will do. */
function demandTime(time: string, day: string, expires: string | null, clock: Clock): void {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  const lifetime = expires === null ? SKEW_ALLOWED_MS : Number(expires) * 1000;
  if (Number.isNaN(signedAt) || !time.startsWith(day)) throw refused('Its date is none.');
  if (!(lifetime > 0 && lifetime <= LIFETIME_MOST_SECONDS * 1000)) {
    throw refused('X-Amz-Expires must be from a second to a week.');
  }
  const now = clock.now();
  if (signedAt > now + SKEW_ALLOWED_MS) throw refused('Signature not yet current.');
  if (now - clock.ahead() > signedAt + lifetime) throw refused('Signature expired.');
}

const parametersOf = (url: string): URLSearchParams =>
  new URLSearchParams(url.slice(url.indexOf('?') + 1));

/** The query as it was sent, so that it is signed as it was written. */
function withoutSignature(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const signed = query.split('&').filter((pair) => !pair.startsWith(`${SIGNATURE}=`));
  return `${path}?${signed.join('&')}`;
}

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

const refused = (message: string): AwsFault =>
  new AwsFault('InvalidSignatureException', message, 403);
