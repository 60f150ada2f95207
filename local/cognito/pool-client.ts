import type { Assembly, Resource } from '../service.ts';
import { section, strings } from './pool.ts';

/** An app client of a user pool. Validities are in seconds. */
export interface PoolClient {
  readonly id: string;
  readonly poolId: string;
  readonly authFlows: readonly string[];
  /** `PreventUserExistenceErrors`: an unknown user looks like a wrong password. */
  readonly hidesUnknownUsers: boolean;
  readonly canRevokeTokens: boolean;
  readonly accessTokenValidity: number;
  readonly idTokenValidity: number;
  readonly refreshTokenValidity: number;
}

/** What a client allows that names no flow at all. */
const DEFAULT_FLOWS = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH'];
/** The names that flows had before they began with `ALLOW_`; refreshing always went with them. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  ADMIN_NO_SRP_AUTH: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  USER_PASSWORD_AUTH: 'ALLOW_USER_PASSWORD_AUTH',
  CUSTOM_AUTH_FLOW_ONLY: 'ALLOW_CUSTOM_AUTH',
};
const SECONDS: Readonly<Record<string, number>> = {
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: 86_400,
};

export function readPoolClients(assembly: Assembly): readonly PoolClient[] {
  return assembly.ofType('AWS::Cognito::UserPoolClient').map((resource) => {
    refuseWhatIsMissingHere(resource);
    const { id, properties } = resource;
    return {
      id,
      poolId: String(properties.UserPoolId),
      authFlows: readFlows(strings(properties.ExplicitAuthFlows)),
      hidesUnknownUsers: properties.PreventUserExistenceErrors === 'ENABLED',
      canRevokeTokens: properties.EnableTokenRevocation !== false,
      accessTokenValidity: validity(resource, 'AccessToken', 'hours', 1),
      idTokenValidity: validity(resource, 'IdToken', 'hours', 1),
      refreshTokenValidity: validity(resource, 'RefreshToken', 'days', 30),
    };
  });
}

function readFlows(flows: string[]): string[] {
  if (flows.length === 0) return DEFAULT_FLOWS;
  if (!flows.some((flow) => OLD_NAMES[flow])) return flows;
  return ['ALLOW_REFRESH_TOKEN_AUTH', ...flows.map((flow) => OLD_NAMES[flow] ?? flow)];
}

function validity(
  { path, properties }: Resource,
  token: string,
  defaultUnit: string,
  defaultAmount: number,
): number {
  const amount = properties[`${token}Validity`];
  if (amount === undefined) return defaultAmount * (SECONDS[defaultUnit] ?? 1);
  const unit = String(section(properties, 'TokenValidityUnits')[token] ?? defaultUnit);
  const seconds = SECONDS[unit];
  if (!seconds) {
    throw new Error(
      `${path}: TokenValidityUnits.${token} is "${unit}", but may be ${Object.keys(SECONDS).join(', ')}.`,
    );
  }
  return Number(amount) * seconds;
}

function refuseWhatIsMissingHere({ path, properties }: Resource): void {
  const missing = [
    properties.GenerateSecret === true && 'GenerateSecret (a client secret)',
    section(properties, 'RefreshTokenRotation').Feature === 'ENABLED' && 'RefreshTokenRotation',
  ].filter((feature) => feature !== false);
  if (missing.length > 0) {
    throw new Error(
      `${path} uses ${missing.join(' and ')}, which the local stage does not have: leave it out, or try it on AWS.`,
    );
  }
}
