import { Refusal } from '../../contract/refusals.ts';
import { type Caller, compileCallers } from '../../rules/callers.ts';
import { doorSettings } from './environment.ts';

export type { Caller } from '../../rules/callers.ts';

/** [S3-11] Refuses `address-not-allowed` and `origin-not-allowed`, by the rules of this deployment. */
export function openCallers(): (caller: Caller) => void {
  const refusalOf = compileCallers({
    allowedAddresses: doorSettings.ALLOWED_ADDRESSES(),
    deniedAddresses: doorSettings.DENIED_ADDRESSES(),
    allowedOrigins: doorSettings.ALLOWED_ORIGINS(),
  });
  return (caller) => {
    const code = refusalOf(caller);
    if (code !== undefined) throw new Refusal(code);
  };
}

export type SocketHeaders = Readonly<Record<string, string | undefined>>;

/** What events say of a caller. */
export const callerOf = (address: string, headers?: SocketHeaders): Caller => ({
  address,
  origin: socketHeader(headers, 'origin'),
});

/** By its name in lower case: WebSocket APIs hand headers on in the client's own spelling, and clients differ. */
export function socketHeader(headers: SocketHeaders = {}, wanted: string): string | undefined {
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted) ?? [];
  return value;
}
