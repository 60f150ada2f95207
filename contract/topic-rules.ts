import { TOPIC_CHARACTERS } from './limits.ts';
import { isTopic } from './names.ts';

/**
 * Opens topics to users. Without a rule a topic is nobody's, except `user/{sub}/…`, which is that user's own
 * and which no rule opens to others. Tenants are apart by themselves: a rule holds within each.
 */
export interface TopicRule {
  /**
   * A topic, or a pattern of topics: `*` stands for any one segment, `**` at the end for one or more,
   * `{sub}` for the user's id, `{tenant}` for their tenant: `orders/{sub}/**`.
   */
  readonly topics: string;
  /** Only for tokens with this scope. @default - every signed-in user */
  readonly scope?: string;
}

/** Below it each user has their own topics. */
export const PERSONAL_SEGMENT = 'user';

export const ONE_SEGMENT = '*';
export const MANY_SEGMENTS = '**';
export const placeholders = ['{sub}', '{tenant}'] as const;
const special: readonly string[] = [ONE_SEGMENT, ...placeholders];

export function isTopicPattern(pattern: string): boolean {
  const segments = pattern.split('/');
  const named = segments.at(-1) === MANY_SEGMENTS ? segments.slice(0, -1) : segments;
  return (
    pattern.length <= TOPIC_CHARACTERS &&
    segments[0] !== PERSONAL_SEGMENT &&
    named.every((segment) => special.includes(segment) || isTopic(segment))
  );
}
