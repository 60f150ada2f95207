import { isTopic } from '../contract/names.ts';
import { Refusal } from '../contract/refusals.ts';

/** Topics below this belong to the user whose id comes next. */
const PERSONAL = 'user/';

/**
 * May this user listen to this topic? Topics of another tenant cannot even be named, since the tenant
 * of every key is the user's own [S1-13]; within it, `user/{sub}/…` is that user's alone [S3-13].
 *
 * Refuses `topic-invalid` and `topic-not-allowed`.
 */
export function demandTopic(user: { readonly userId: string }, topic: string): void {
  demandTopicName(topic);
  if (topic.startsWith(PERSONAL) && topic.split('/')[1] !== user.userId) {
    throw new Refusal('topic-not-allowed', topic);
  }
}

/** Refuses `topic-invalid`. */
export function demandTopicName(topic: string): void {
  if (!isTopic(topic)) throw new Refusal('topic-invalid');
}
