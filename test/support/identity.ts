import { DEFAULT_TENANT } from '../../contract/names.ts';
import type { Identity } from '../../rules/identity.ts';

/** Whom a verified token speaks for, where little of it matters. */
export const identityOf = (
  about: Pick<Identity, 'userId' | 'expiresAt'> & Partial<Identity>,
): Identity => ({ tenant: DEFAULT_TENANT, issuedAt: 0, scopes: [], ...about });
