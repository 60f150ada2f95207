import { THROTTLE_WINDOW_SECONDS } from '../contract/limits.ts';
import { seconds } from './connection.ts';

/** One of the fixed windows that tries are counted in. */
export interface Window {
  /** Counted from the epoch. */
  readonly number: number;
  /** Seconds since the epoch: where the next one begins. */
  readonly endsAt: number;
}

export function windowAt(now: number): Window {
  const number = Math.floor(seconds(now) / THROTTLE_WINDOW_SECONDS);
  return { number, endsAt: (number + 1) * THROTTLE_WINDOW_SECONDS };
}

/** Seconds until the next window; at least one. */
export const secondsLeft = ({ endsAt }: Window, now: number): number =>
  Math.max(1, endsAt - seconds(now));

/** [S3-07] Messages a window; 0 for no limit. */
export interface MessageLimits {
  readonly perConnection: number;
  readonly perUser: number;
}

/**
 * Who is counted together: one IPv4 address, or the /64 network of an IPv6 address, because whoever has
 * one of those has all 2⁶⁴ addresses in it.
 */
export function neighbourhoodOf(address: string): string {
  if (!address.includes(':')) return address;
  const last = address.slice(address.lastIndexOf(':') + 1);
  if (last.includes('.')) return last; // an IPv4 address in IPv6 clothes
  const [head = '', tail] = address.split('::').map((side) => side.split(':').filter(Boolean));
  const missing = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ?? [])];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
