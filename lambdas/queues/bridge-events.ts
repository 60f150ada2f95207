import { NOTIFICATION_SOURCE } from '../../contract/events.ts';
import { bridgedEvent } from '../../contract/internal.ts';
import { publish } from '../flows/publish.ts';
import { settings } from '../platform/environment.ts';
import { openExpressLine } from '../platform/express-line.ts';
import { log } from '../platform/log.ts';
import { queueEdge } from '../platform/queue-edge.ts';
import { openTables } from '../platform/reach.ts';

const reach = {
  ...openTables('bridge-events'),
  retentionSeconds: settings.RETENTION_SECONDS(),
  express: openExpressLine(),
};

/** Events of a bus, published on topics; one that comes again has been published already [G1]. */
export const handler = queueEdge(
  'bridged-events',
  bridgedEvent,
  async ({ source, ...message }, now) => {
    // A rule may have matched it by a pattern of its source: what it publishes would come here again.
    if (source === NOTIFICATION_SOURCE) return log('bridge.round', { topics: message.topics });
    await publish(reach, { ...message, now });
  },
);
