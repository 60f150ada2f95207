/** The grammar of every name that becomes part of a key. None admits the separator of keys. */

import {
  NOTIFICATION_ID_CHARACTERS,
  SESSION_ID_CHARACTERS,
  TENANT_CHARACTERS,
  TOPIC_CHARACTERS,
} from './limits.ts';

const topicSegments = /^[\w\-.~:]+(?:\/[\w\-.~:]+)*$/;
const plainName = /^[\w\-.~]+$/;
const tenantName = /^[a-z0-9][a-z0-9-]*$/;
/** Wider, because identity providers choose it: printable ASCII without the separator. */
const userName = /^[\x21\x22\x24-\x7e]{1,128}$/;

export const isTopic = (name: string): boolean =>
  name.length <= TOPIC_CHARACTERS && topicSegments.test(name);

export const isSessionId = (name: string): boolean =>
  name.length <= SESSION_ID_CHARACTERS && plainName.test(name);

export const isTenant = (name: string): boolean =>
  name.length <= TENANT_CHARACTERS && tenantName.test(name);

export const isUserId = (name: string): boolean => userName.test(name);

/** What publishers may call their messages. */
export const isNotificationId = (name: string): boolean =>
  name.length <= NOTIFICATION_ID_CHARACTERS && plainName.test(name);

/** API Gateway's connection ids: URL-safe base64. */
export const isConnectionId = (name: string): boolean => /^[\w\-+/]{8,64}={0,2}$/.test(name);

/** The sub-protocol of the door `sub-protocol`. */
export const SUB_PROTOCOL = 'switchboard';

export const DEFAULT_TENANT = 'default';
/** A user of Cognito belongs to a tenant by the group of this name. */
export const TENANT_GROUP = 'tenant:';
/** A scope is also had by the group of this name: Cognito puts none of ours into the token of a password. */
export const SCOPE_GROUP = 'scope:';
/**
 * The pool's own attribute (`custom:invitation`, never changed) by which an account names the invitation
 * that gave it: the key of that row. Only by it can a sign-up that died be told from somebody else's user.
 */
export const INVITATION_ATTRIBUTE = 'invitation';
