import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import type { Stage } from '../../local/stage.ts';

type Claims = Readonly<Record<string, unknown>>;

/** How a token is to differ from the one that it is made after; a claim that is `undefined` is left out. */
export interface Change {
  readonly claims?: Claims;
  readonly header?: Claims;
  readonly key?: KeyObject;
}

/** Makes tokens as the pool of this stage makes them, signed by its own key: `remint(token, { claims })`. */
export function openMint({ context }: Stage, poolId: string) {
  const pem = context.store.get(`cognito-keys/${poolId}`, 'access');
  if (pem === undefined) throw new Error(`The stage has no pool ${poolId}.`);
  const poolKey = createPrivateKey(pem);
  const der = createPublicKey(poolKey).export({ type: 'spki', format: 'der' });
  const kid = hash('sha256', der, 'base64');
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

  return (token: string, { claims, header, key = poolKey }: Change): string => {
    const before = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const signed = [
      { kid, alg: 'RS256', ...header },
      { ...before, ...claims },
    ]
      .map(encode)
      .join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };
}
