import type { DoorSettings } from '../../contract/environment.ts';
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
export const doorSettingsOf = (chosen: ChosenProps): DoorSettings => ({
  ALLOWED_ADDRESSES: demandNetworks(chosen.allowedAddresses),
  DENIED_ADDRESSES: demandNetworks(chosen.deniedAddresses),
  ALLOWED_ORIGINS: chosen.allowedOrigins,
  CONNECTS_PER_ADDRESS: chosen.connectsPerAddress,
});

function demandNetworks(named: readonly string[]): readonly string[] {
  const wrong = named.find((each) => !isNetwork(each));
  if (wrong === undefined) return named;
  throw new Mistake(`${JSON.stringify(wrong)} is no address and no block of addresses.`);
}
