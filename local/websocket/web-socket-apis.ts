import type { Service, StageContext } from '../service.ts';
import { readWebSocketApis, type WebSocketApi } from './api-definition.ts';
import { createGateway, type Gateway } from './gateway.ts';

/**
 * Every WebSocket API of the assembly, each at its own port: sockets at `/{stage}`, and the signed
 * `@connections` API beside them. Throws a sentence for what AWS would not deploy.
 */
export function createWebSocketApis(
  context: StageContext,
): Service & Pick<Gateway, 'cut' | 'sockets'> {
  const apis = readWebSocketApis(context.assembly);
  const gateways = apis.map((api) => createGateway(context, api, portOf(context, api)));
  return {
    name: 'websocket',
    async start() {
      for (const api of apis) warnOfTraps(context, api);
      await Promise.all(gateways.map((gateway) => gateway.start()));
      return apis.flatMap((api) => addressesOf(context, api)).join(' ');
    },
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    },
    cut: (connectionId) => gateways.some((gateway) => gateway.cut(connectionId)),
    sockets() {
      const all = gateways.map((gateway) => gateway.sockets());
      return {
        since: Math.max(...all.map(({ since }) => since)),
        open: all.flatMap(({ open }) => open),
        ended: all.flatMap(({ ended }) => ended),
      };
    },
  };
}

function portOf({ ports }: StageContext, { id, path }: WebSocketApi): number {
  const port = ports.api.get(id);
  if (port === undefined) throw new Error(`No port was chosen for the WebSocket API ${path}.`);
  return port;
}

function addressesOf(context: StageContext, api: WebSocketApi): readonly string[] {
  const origin = `ws://127.0.0.1:${portOf(context, api)}`;
  return [...api.stages.keys()].map((stage) => `${origin}/${stage}`);
}

/** What deploys well and then refuses everybody. */
function warnOfTraps(context: StageContext, api: WebSocketApi): void {
  for (const { name, throttle, isDeployed } of api.stages.values()) {
    if (!isDeployed) {
      context.warn(
        `Stage ${name} of ${api.path} has neither AutoDeploy nor a deployment: it refuses everybody, as on AWS.`,
      );
    }
    if (throttle && !(throttle.perSecond > 0 && throttle.burst > 0)) {
      context.warn(
        `Stage ${name} of ${api.path} throttles to 0, so that every connect answers 429, as on AWS: set both throttlingRateLimit and throttlingBurstLimit.`,
      );
    }
  }
}
