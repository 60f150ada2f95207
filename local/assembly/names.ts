import { createHash } from 'node:crypto';

/*
 * Names and ids that AWS would make up. Here they are hashes of where the resource stands in the
 * templates, so that they are the same at every start and what `--data` keeps is found again.
 */

const hex = (seed: string) => createHash('sha256').update(seed).digest('hex');

/** The longest name that every service accepts (functions and roles: 64 characters). */
const NAME_LENGTH = 64;

/** As CloudFormation makes them: `{stack}-{logicalId}-{hash}`, the first two shortened where need be. */
export function physicalName(stack: string, logicalId: string): string {
  const suffix = `-${hex(`${stack}/${logicalId}`).slice(0, 8)}`;
  const room = NAME_LENGTH - suffix.length - 1;
  const stackPart = stack.slice(0, Math.max(room - logicalId.length, room >> 1));
  return `${stackPart}-${logicalId.slice(0, room - stackPart.length)}${suffix}`;
}

/** `length` (at most 48) lower-case letters and digits. */
export function token(seed: string, length: number): string {
  return BigInt(`0x${hex(seed)}`)
    .toString(36)
    .padStart(length, '0')
    .slice(-length);
}

export function uuid(seed: string): string {
  return hex(seed).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5');
}
