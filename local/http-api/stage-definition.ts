import type { Resource } from '../service.ts';

/** One stage of an HTTP API. */
export interface Stage {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Limits of the routes that have none of their own. */
  readonly limits: Limits | undefined;
  /** By route key. */
  readonly routeLimits: ReadonlyMap<string, Limits>;
}

/** A token bucket's measures. */
interface Limits {
  readonly perSecond: number;
  readonly burst: number;
}

type Settings = Readonly<Record<string, unknown>>;

/** The stage whose name is no part of the path. */
export const DEFAULT_STAGE = '$default';

export function readStage({ path, properties }: Resource): Stage {
  const { StageName, StageVariables, AutoDeploy, DeploymentId, DefaultRouteSettings } = properties;
  if (AutoDeploy !== true && DeploymentId === undefined) {
    throw new Error(
      `${path} is never deployed, so that AWS would answer 404 there: set AutoDeploy.`,
    );
  }
  const routeSettings = Object.entries({ ...(properties.RouteSettings as object | undefined) });
  return {
    name: String(StageName),
    variables: { ...(StageVariables as Stage['variables'] | undefined) },
    limits: readLimits(DefaultRouteSettings),
    routeLimits: new Map(
      routeSettings.flatMap(([key, settings]) => {
        const limits = readLimits(settings);
        return limits ? [[key, limits]] : [];
      }),
    ),
  };
}

/** Settings without limits are settings of 0, and every call then answers 429 (seen on AWS). */
function readLimits(settings: unknown): Limits | undefined {
  if (settings === undefined) return undefined;
  const { ThrottlingRateLimit = 0, ThrottlingBurstLimit = 0 } = settings as Settings;
  return { perSecond: Number(ThrottlingRateLimit), burst: Number(ThrottlingBurstLimit) };
}
