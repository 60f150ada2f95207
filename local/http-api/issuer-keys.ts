import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { StageContext } from '../service.ts';

/** The public keys of token issuers. */
export interface IssuerKeys {
  /** The key of that name; undefined when the issuer publishes none. Rejects when the issuer does not answer. */
  find(issuer: string, kid: string): Promise<KeyObject | undefined>;
}

type Keys = ReadonlyMap<string, KeyObject>;

/** API Gateway keeps an issuer's keys for two hours and waits 1,500 ms for them. */
const KEEP_MS = 2 * 3_600_000;
const WAIT_MS = 1_500;
const WELL_KNOWN = '/.well-known';

export function createIssuerKeys({ assembly, clock, ports, region }: StageContext): IssuerKeys {
  const kept = new Map<string, { readonly until: number; readonly keys: Promise<Keys> }>();

  const keysOf = (issuer: string): Promise<Keys> => {
    const known = kept.get(issuer);
    if (known && clock.now() < known.until) return known.keys;
    const keys = fetchKeys(issuer);
    kept.set(issuer, { until: clock.now() + KEEP_MS, keys });
    keys.catch(() => kept.delete(issuer));
    return keys;
  };

  const fetchKeys = async (issuer: string): Promise<Keys> => {
    const { keys } = await fetchJson(await keySetOf(issuer));
    return new Map(
      (Array.isArray(keys) ? keys : [])
        .filter((jwk: JsonWebKey) => jwk.kty === 'RSA')
        .map((jwk: JsonWebKey) => [String(jwk.kid), createPublicKey({ key: jwk, format: 'jwk' })]),
    );
  };

  /** A pool of this stage publishes its keys here; any other issuer is asked where its own are. */
  const keySetOf = async (issuer: string): Promise<string> => {
    const poolId = issuer.replace(`https://cognito-idp.${region}.amazonaws.com/`, '');
    if (assembly.find('AWS::Cognito::UserPool', poolId)) {
      return `http://127.0.0.1:${ports.aws}/${poolId}${WELL_KNOWN}/jwks.json`;
    }
    const configuration = await fetchJson(`${issuer}${WELL_KNOWN}/openid-configuration`);
    return String(configuration.jwks_uri);
  };

  return { find: async (issuer, kid) => (await keysOf(issuer)).get(kid) };
}

async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return (await response.json()) as Readonly<Record<string, unknown>>;
}
