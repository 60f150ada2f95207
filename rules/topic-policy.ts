import { isTopic } from '../contract/names.ts';
import { Refusal } from '../contract/refusals.ts';
import {
  MANY_SEGMENTS,
  ONE_SEGMENT,
  PERSONAL_SEGMENT,
  type TopicRule,
} from '../contract/topic-rules.ts';
import type { Identity } from './identity.ts';

/** Of a user, what a policy looks at. */
export type TopicUser = Pick<Identity, 'tenant' | 'userId' | 'scopes'>;

/** Who may use a topic; `everybody` of its tenant, where nothing about a user matters. */
export type Audience = 'everybody' | ((user: TopicUser) => boolean);

export interface TopicPolicy {
  /** Of these scopes: those that some rule asks for, in an order of their own. All that rows keep of a token's. */
  scopesOf(scopes: readonly string[]): readonly string[];
  audienceOf(topic: string): Audience;
}

/** [S3-13] What no rule opens is closed; `user/{sub}/…` is that user's alone, whatever the rules say. */
export function compileTopics(rules: readonly TopicRule[]): TopicPolicy {
  const compiled = rules.map(({ topics, scope }) => ({ segments: topics.split('/'), scope }));
  const asked = [...new Set(rules.flatMap(({ scope }) => scope ?? []))].sort();

  function audienceOf(topic: string): Audience {
    const segments = topic.split('/');
    if (segments[0] === PERSONAL_SEGMENT) return ({ userId }) => segments[1] === userId;
    const fitting = compiled.filter((rule) => matches(rule.segments, segments, undefined));
    const isOpen = fitting.some(
      (rule) => rule.scope === undefined && !rule.segments.some(isPlaceholder),
    );
    if (isOpen) return 'everybody';
    return (user) =>
      fitting.some(
        (rule) =>
          (rule.scope === undefined || user.scopes.includes(rule.scope)) &&
          matches(rule.segments, segments, user),
      );
  }

  return { scopesOf: (scopes) => asked.filter((scope) => scopes.includes(scope)), audienceOf };
}

export const isIn = (audience: Audience, user: TopicUser): boolean =>
  audience === 'everybody' || audience(user);

/**
 * May this user use this topic? Topics of another tenant cannot even be named, since the tenant of every key
 * is the user's own [S1-13]. Refuses `topic-invalid` and `topic-not-allowed`.
 */
export function demandTopic(policy: TopicPolicy, user: TopicUser, topic: string): void {
  demandTopicName(topic);
  if (!isIn(policy.audienceOf(topic), user))
    throw new Refusal('topic-not-allowed', `It is "${topic}".`);
}

/** Refuses `topic-invalid`. */
export function demandTopicName(topic: string): void {
  if (!isTopic(topic)) throw new Refusal('topic-invalid');
}

const isPlaceholder = (segment: string): boolean => segment.startsWith('{');

/** Does the pattern fit the topic: for this user, or, while none is given, for somebody? */
function matches(
  pattern: readonly string[],
  topic: readonly string[],
  user: TopicUser | undefined,
): boolean {
  const isOpenEnded = pattern.at(-1) === MANY_SEGMENTS;
  const fixed = isOpenEnded ? pattern.slice(0, -1) : pattern;
  const isLongEnough = isOpenEnded ? topic.length > fixed.length : topic.length === fixed.length;
  return isLongEnough && fixed.every((part, at) => fits(part, topic[at] ?? '', user));
}

function fits(part: string, segment: string, user: TopicUser | undefined): boolean {
  if (part === ONE_SEGMENT) return true;
  if (part === '{sub}') return user === undefined || segment === user.userId;
  if (part === '{tenant}') return user === undefined || segment === user.tenant;
  return part === segment;
}
