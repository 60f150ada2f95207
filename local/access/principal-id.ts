import { hash } from 'node:crypto';
import type { Principal } from '../service.ts';

/** What AWS calls a caller for good: a user's unique id, or a role's with the name of its session. */
export function principalId({ arn, roleArn }: Principal): string {
  if (roleArn === '') return `AIDA${uniquePart(arn)}`;
  return `AROA${uniquePart(roleArn)}:${arn.slice(arn.lastIndexOf('/') + 1)}`;
}

/** Seventeen capitals and digits, the same at each start. */
const uniquePart = (arn: string): string =>
  BigInt(`0x${hash('sha256', arn)}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 17);
