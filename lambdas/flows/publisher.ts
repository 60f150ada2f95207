import { settings, tableNameOf } from '../platform/environment.ts';
import { openExpressLine } from '../platform/express-line.ts';
import { openDocuments } from '../platform/reach.ts';
import type { PublishReach } from './publish.ts';

/** What `publish` needs, in any function that was given `grantPublish`. */
export const openPublisher = (): PublishReach => ({
  documents: openDocuments(),
  tables: { notifications: { name: tableNameOf('notifications'), rights: { put: true } } },
  retentionSeconds: settings.RETENTION_SECONDS(),
  express: openExpressLine(),
});
