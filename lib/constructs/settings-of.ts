import type { DoorSettings } from '../../contract/environment.ts';
import { DOOR_LISTS_CHARACTERS } from '../../contract/limits.ts';
import { isNetwork } from '../../contract/networks.ts';
import { Mistake } from '../mistake.ts';
import type { PlainSettings } from './function-environment.ts';
import type { ChosenProps } from './switchboard-props.ts';

/** What every function is told of what the operator chose. */
export const settingsOf = (chosen: ChosenProps): PlainSettings => ({
  DOOR: chosen.door,
  GRACE_SECONDS: chosen.graceSeconds,
  RETENTION_SECONDS: chosen.retentionHours * 3600,
  EPOCH: chosen.epoch,
  EXPRESS: chosen.express ? 'on' : 'off',
  SESSIONS_PER_USER: chosen.sessionsPerUser,
  CONNECTIONS_PER_SESSION: chosen.connectionsPerSession,
  MESSAGES_PER_CONNECTION: chosen.messagesPerConnection,
  MESSAGES_PER_USER: chosen.messagesPerUser,
});

/** What those are told besides who decide whether a socket is opened. */
export function doorSettingsOf(chosen: ChosenProps): DoorSettings {
  const { allowedAddresses, deniedAddresses, allowedOrigins, connectsPerAddress } = chosen;
  for (const named of [...allowedAddresses, ...deniedAddresses]) demandNetwork(named);
  const lists = [allowedAddresses, deniedAddresses, allowedOrigins];
  if (lists.join().length > DOOR_LISTS_CHARACTERS) {
    throw new Mistake(
      `The lists of addresses and origins have more than ${DOOR_LISTS_CHARACTERS} characters together: name blocks of addresses, or leave them to a firewall.`,
    );
  }
  return {
    ALLOWED_ADDRESSES: allowedAddresses,
    DENIED_ADDRESSES: deniedAddresses,
    ALLOWED_ORIGINS: allowedOrigins,
    CONNECTS_PER_ADDRESS: connectsPerAddress,
  };
}

function demandNetwork(named: string): void {
  if (isNetwork(named)) return;
  throw new Mistake(`${JSON.stringify(named)} is no address and no block of addresses.`);
}
