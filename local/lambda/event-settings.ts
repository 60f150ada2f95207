import type { Assembly } from '../service.ts';

/** How one function's asynchronous invocations are retried, and where their outcome goes. */
export interface EventSettings {
  readonly retries: number;
  readonly ageLimitMs: number;
  /** ARNs of a queue or a function; empty when there is none. */
  readonly onFailure: string;
  readonly onSuccess: string;
}

/** What AWS does without an `AWS::Lambda::EventInvokeConfig` (behaviour sheet 2.3). */
const defaults = { retries: 2, ageLimitS: 6 * 3600 };

interface Destinations {
  readonly OnFailure?: { readonly Destination?: string };
  readonly OnSuccess?: { readonly Destination?: string };
}

/** By function ARN. Throws a sentence at a destination of a kind that the stage cannot serve. */
export function readEventSettings(assembly: Assembly): (functionArn: string) => EventSettings {
  const configured = new Map(
    assembly.ofType('AWS::Lambda::EventInvokeConfig').map(({ properties, path }) => {
      const { OnFailure, OnSuccess } = (properties.DestinationConfig ?? {}) as Destinations;
      const fn = assembly.find('AWS::Lambda::Function', String(properties.FunctionName));
      const settings: EventSettings = {
        retries: Number(properties.MaximumRetryAttempts ?? defaults.retries),
        ageLimitMs: Number(properties.MaximumEventAgeInSeconds ?? defaults.ageLimitS) * 1000,
        onFailure: servable(OnFailure?.Destination, path),
        onSuccess: servable(OnSuccess?.Destination, path),
      };
      return [fn?.arn ?? '', settings];
    }),
  );
  const otherwise: EventSettings = {
    retries: defaults.retries,
    ageLimitMs: defaults.ageLimitS * 1000,
    onFailure: '',
    onSuccess: '',
  };
  return (functionArn) => configured.get(functionArn) ?? otherwise;
}

function servable(destination = '', path: string): string {
  if (/^$|:sqs:|:lambda:/.test(destination)) return destination;
  throw new Error(
    `${path} has the destination ${destination}; the local stage delivers to queues and functions only.`,
  );
}
