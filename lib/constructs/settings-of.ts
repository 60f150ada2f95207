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
});
