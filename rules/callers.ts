import { BlockList, isIP } from 'node:net';
import type { RefusalCode } from '../contract/refusals.ts';

/** Whom the operator keeps out before their socket is open [S3-11]. */
export interface CallerRules {
  /** Addresses and CIDR blocks; where none is named, every address may connect. */
  readonly allowedAddresses: readonly string[];
  /** Also of those that are allowed. */
  readonly deniedAddresses: readonly string[];
  /** Where some are named, a browser's page must be of one of them. */
  readonly allowedOrigins: readonly string[];
}

export interface Caller {
  /** By the gateway, from the connection itself: no header can pretend another one. */
  readonly address: string;
  /** Browsers send it, and pages cannot change it. Whoever is no browser sends none, or any. */
  readonly origin: string | undefined;
}

/** Undefined when the caller may connect. */
export type CallerPolicy = (caller: Caller) => RefusalCode | undefined;

const EVERY_ORIGIN = '*';

/**
 * [S3-11] Deny wins over allow, and what is no address is in no allowed network. An `Origin` keeps out pages that
 * others wrote; who sends none is no browser, and could send any.
 */
export function compileCallers(rules: CallerRules): CallerPolicy {
  const { allowedAddresses, deniedAddresses, allowedOrigins } = rules;
  const isAllowed = within(allowedAddresses);
  const isDenied = within(deniedAddresses);
  const isEveryOrigin = allowedOrigins.length === 0 || allowedOrigins.includes(EVERY_ORIGIN);
  return ({ address, origin }) => {
    const mayCome = allowedAddresses.length === 0 || isAllowed(address);
    if (!mayCome || isDenied(address)) return 'address-not-allowed';
    const isFromHere = isEveryOrigin || origin === undefined || allowedOrigins.includes(origin);
    return isFromHere ? undefined : 'origin-not-allowed';
  };
}

function within(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  // The list knows IPv4 in the clothes of IPv6.
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
