import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AwsFault } from '../service.ts';
import { type Input, invalidParameter } from './input.ts';

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly numbers: boolean;
  readonly symbols: boolean;
  readonly temporaryDays: number;
}

/** How each action words a refused password (recorded texts: they do differ). */
export const REFUSAL = {
  signUp: 'Password did not conform with policy',
  adminCreateUser: 'Password did not conform with password policy',
  newPassword: 'Password does not conform to policy',
} as const;

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** What the API's model lets through as a password at all. */
const PASSWORD_SHAPE = /^\S+.*\S+$/s;
const LONGEST = 256;
const SYMBOL = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/;

/** The policy of a pool. What it leaves out is as strict as the service's own default. */
export function readPasswordPolicy(properties: Input): PasswordPolicy {
  return {
    minimumLength: Number(properties.MinimumLength ?? 8),
    uppercase: isOn(properties.RequireUppercase),
    lowercase: isOn(properties.RequireLowercase),
    numbers: isOn(properties.RequireNumbers),
    symbols: isOn(properties.RequireSymbols),
    temporaryDays: Number(properties.TemporaryPasswordValidityDays ?? 7),
  };
}

function isOn(value: unknown): boolean {
  return value === undefined || value === true || value === 'true';
}

/** Throws an InvalidPasswordException that names the first rule that this password breaks. */
export function demandConformity(password: string, policy: PasswordPolicy, refusal: string): void {
  if (!PASSWORD_SHAPE.test(password) || password.length > LONGEST) {
    throw invalidParameter(
      "1 validation error detected: Value at 'password' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$',
    );
  }
  const broken = brokenRule(password, policy);
  if (broken) throw new AwsFault('InvalidPasswordException', `${refusal}: Password ${broken}`);
}

function brokenRule(password: string, policy: PasswordPolicy): string | undefined {
  if (password.length < policy.minimumLength) return 'not long enough';
  if (policy.uppercase && !/[A-Z]/.test(password)) return 'must have uppercase characters';
  if (policy.lowercase && !/[a-z]/.test(password)) return 'must have lowercase characters';
  if (policy.numbers && !/[0-9]/.test(password)) return 'must have numeric characters';
  if (policy.symbols && !SYMBOL.test(password)) return 'must have symbol characters';
  return undefined;
}

/** A password that conforms to every policy, for users made without one. */
export function makePassword(policy: PasswordPolicy): string {
  return `Aa1!${randomBytes(Math.max(12, policy.minimumLength)).toString('base64url')}`;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES);
  return `${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

/** A user who does not exist has no hash: as much work is done for them, so that time tells nothing. */
export async function isPassword(password: string, hashed: string | undefined): Promise<boolean> {
  const [salt = '', expected = ''] = (hashed ?? '').split('.');
  const hash = await derive(password, Buffer.from(salt, 'base64url'), HASH_BYTES);
  const wanted = Buffer.from(expected, 'base64url');
  return wanted.length === hash.length && timingSafeEqual(wanted, hash);
}
