import { DEFAULT_TENANT, isTenant, isUserId, TENANT_GROUP } from '../contract/names.ts';
import { Refusal } from '../contract/refusals.ts';

/** A verified user in one tenant. Everything in it comes from the token, never from a message. */
export interface Identity {
  readonly tenant: string;
  readonly userId: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Who a verified token speaks for [S1-13]. A user belongs to the tenants of the groups `tenant:NAME`,
 * to `default` without any, and names one when there are several.
 *
 * Refuses `token-invalid` (no access token, no `sub` or no `exp`), `tenant-needed`, `tenant-not-allowed`.
 */
export function identify(claims: Readonly<Record<string, unknown>>, wanted?: string): Identity {
  const { sub, exp, token_use } = claims;
  const expiresAt = Number(exp);
  // An HTTP API's authorizer takes an id token as well: its audience is the same client.
  if (token_use !== 'access') throw new Refusal('token-invalid');
  if (typeof sub !== 'string' || !isUserId(sub) || !Number.isFinite(expiresAt) || expiresAt <= 0) {
    throw new Refusal('token-invalid');
  }
  return {
    tenant: chooseTenant(tenantsOf(claims['cognito:groups']), wanted),
    userId: sub,
    expiresAt,
  };
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

function tenantsOf(groups: unknown): string[] {
  const tenants = namesOf(groups)
    .filter((group) => group.startsWith(TENANT_GROUP))
    .map((group) => group.slice(TENANT_GROUP.length))
    .filter(isTenant);
  return tenants.length > 0 ? tenants : [DEFAULT_TENANT];
}

/** In a token the groups are a list; an HTTP API hands every claim on as text, a list as `[a b]`. */
function namesOf(groups: unknown): string[] {
  if (Array.isArray(groups)) return groups.filter((group) => typeof group === 'string');
  if (typeof groups !== 'string') return [];
  return groups.replace(/^\[|\]$/g, '').split(/[\s,]+/);
}
