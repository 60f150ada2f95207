import type { Resource } from '../service.ts';
import type { Single } from './upgrade-request.ts';

/** One stage of an API. */
export interface Stage {
  readonly name: string;
  readonly variables: Single;
  /** False when neither automatic deployment nor a deployment is asked for: AWS then serves nothing there. */
  readonly isDeployed: boolean;
  /** Undefined: only the account's limits apply, and those are not emulated. */
  readonly throttle: { readonly perSecond: number; readonly burst: number } | undefined;
}

export function readStage({ properties }: Resource): Stage {
  const { StageName, StageVariables, AutoDeploy, DeploymentId, DefaultRouteSettings } = properties;
  return {
    name: String(StageName),
    variables: { ...(StageVariables as Single | undefined) },
    isDeployed: String(AutoDeploy) === 'true' || DeploymentId !== undefined,
    throttle: readThrottle(DefaultRouteSettings),
  };
}

/** Settings without limits are settings of 0, and every connect then answers 429 (seen on AWS). */
function readThrottle(settings: unknown): Stage['throttle'] {
  if (settings === undefined) return undefined;
  const { ThrottlingRateLimit = 0, ThrottlingBurstLimit = 0 } = settings as Readonly<
    Record<string, unknown>
  >;
  return { perSecond: Number(ThrottlingRateLimit), burst: Number(ThrottlingBurstLimit) };
}
