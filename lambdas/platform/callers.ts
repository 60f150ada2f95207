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

/** What events say of a caller; in headers the client's own spelling is kept. */
export function callerOf(
  address: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): Caller {
  const [, origin] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'origin') ?? [];
  return { address, origin };
}
