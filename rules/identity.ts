import {
  DEFAULT_TENANT,
  isTenant,
  isUserId,
  SCOPE_GROUP,
  TENANT_GROUP,
} from '../contract/names.ts';
import { Refusal } from '../contract/refusals.ts';

/** A verified user in one tenant. Everything in it comes from the token, never from a message. */
export interface Identity {
  readonly tenant: string;
  readonly userId: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** Seconds since the epoch; 0, which is before any revocation, where the token does not say. */
  readonly issuedAt: number;
  /** The token's own, and those of the groups `scope:NAME` [S3-10]. */
  readonly scopes: readonly string[];
}

/**
 * Who a verified token speaks for [S1-13]. A user belongs to the tenants of the groups `tenant:NAME`,
 * to `default` without any, and names one when there are several.
 *
 * Refuses `token-invalid` (no access token, no `sub` or no `exp`), `tenant-needed`, `tenant-not-allowed`.
 */
export function identify(claims: Readonly<Record<string, unknown>>, wanted?: string): Identity {
  const { sub, exp, iat, token_use, scope } = claims;
  const groups = namesOf(claims['cognito:groups']);
  const expiresAt = Number(exp);
  // An HTTP API's authorizer takes an id token as well: its audience is the same client.
  if (token_use !== 'access') throw new Refusal('token-invalid');
  if (typeof sub !== 'string' || !isUserId(sub) || !Number.isFinite(expiresAt) || expiresAt <= 0) {
    throw new Refusal('token-invalid');
  }
  return {
    tenant: chooseTenant(tenantsOf(groups), wanted),
    userId: sub,
    expiresAt,
    issuedAt: Number(iat) || 0,
    scopes: [...namesOf(scope), ...named(groups, SCOPE_GROUP)],
  };
}

/** Refuses `scope-needed` [S3-10]. */
export function demandScope({ scopes }: Identity, scope: string): void {
  if (!scopes.includes(scope)) throw new Refusal('scope-needed', `It is "${scope}".`);
}

function chooseTenant(tenants: readonly string[], wanted: string | undefined): string {
  const [first, second] = tenants;
  if (wanted !== undefined) {
    if (tenants.includes(wanted)) return wanted;
    throw new Refusal('tenant-not-allowed');
  }
  if (first === undefined || second !== undefined) throw new Refusal('tenant-needed');
  return first;
}

function tenantsOf(groups: readonly string[]): string[] {
  const tenants = named(groups, TENANT_GROUP).filter(isTenant);
  return tenants.length > 0 ? tenants : [DEFAULT_TENANT];
}

/** What follows in the names of the groups that begin like this. */
const named = (groups: readonly string[], prefix: string): string[] =>
  groups.filter((group) => group.startsWith(prefix)).map((group) => group.slice(prefix.length));

/**
 * In a token the groups are a list, and the scopes text with spaces between them; an HTTP API hands every claim on
 * as text, a list as `[a b]`.
 */
function namesOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((name) => typeof name === 'string');
  if (typeof claim !== 'string') return [];
  return claim.replace(/^\[|\]$/g, '').split(/[\s,]+/);
}
