import { describe, expect, it } from 'vitest';
import { isTopicPattern, type TopicRule } from '../../contract/topic-rules.ts';
import { compileTopics, demandTopic, isIn } from '../../rules/topic-policy.ts';

const me = { tenant: 'acme', userId: 'me', scopes: ['staff'] };
const you = { tenant: 'other', userId: 'you', scopes: [] };

/** Which of the two may use the topic, under rules of these patterns. */
const who = (topic: string, ...rules: readonly (string | TopicRule)[]) => {
  const given = rules.map((rule) => (typeof rule === 'string' ? { topics: rule } : rule));
  const audience = compileTopics(given).audienceOf(topic);
  return [me, you].filter((user) => isIn(audience, user)).map(({ userId }) => userId);
};

describe('[S3-13] the rules of topics', () => {
  it('leave closed what none of them opens', () => {
    expect(who('Pet')).toEqual([]);
    expect(who('Pet', 'Pets', 'pet', 'Pet/*', 'Pet/**')).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['Pet', 'Pet', ['me', 'you']],
    ['Pet/7', 'Pet/*', ['me', 'you']],
    ['Pet/7/fed', 'Pet/*', []],
    ['Pet/7/fed', 'Pet/*/fed', ['me', 'you']],
    ['Pet/7/fed', 'Pet/**', ['me', 'you']],
    ['Pet', 'Pet/**', []],
    ['a/b/c', '**', ['me', 'you']],
    ['orders/me/3', 'orders/{sub}/**', ['me']],
    ['orders/me/3', 'orders/{sub}/*', ['me']],
    ['orders/nobody/3', 'orders/{sub}/**', []],
    ['of/acme', 'of/{tenant}', ['me']],
    ['of/other/you', 'of/{tenant}/{sub}', ['you']],
    ['of/other/me', 'of/{tenant}/{sub}', []],
  ])('%s is opened by %s to %j', (topic, pattern, users) => {
    expect(who(topic, pattern)).toEqual(users);
  });

  it('with a scope open to its holders, and several rules to whom any of them means', () => {
    const staff = { topics: 'desk/**', scope: 'staff' };
    expect(who('desk/1', staff)).toEqual(['me']);
    expect(who('desk/1', staff, 'desk/*')).toEqual(['me', 'you']);
    expect(who('desk/you', { ...staff, topics: 'desk/{sub}' })).toEqual([]);
    expect(who('desk/you', staff, 'desk/{sub}')).toEqual(['me', 'you']);
  });

  it('never open what is somebody’s own', () => {
    for (const rules of [[], ['**'], ['*/**'], ['*/*/*'], ['{sub}/**']]) {
      expect(who('user/me/inbox', ...rules)).toEqual(['me']);
      expect(who('user/you', ...rules)).toEqual(['you']);
      expect(who('user', ...rules)).toEqual([]);
    }
    expect(who('users/you', '**')).toEqual(['me', 'you']);
  });

  it('say without a look at users when everybody may', () => {
    const { audienceOf } = compileTopics([{ topics: 'Pet' }, { topics: '{sub}/*' }]);
    expect(audienceOf('Pet')).toBe('everybody');
    expect(audienceOf('Pet/1')).not.toBe('everybody');
  });

  it('name the scopes that are worth keeping, in one order', () => {
    const policy = compileTopics([
      { topics: 'a', scope: 'b' },
      { topics: 'c', scope: 'a' },
      { topics: 'd', scope: 'b' },
    ]);
    expect(policy.scopesOf(['x', 'b', 'a', 'b'])).toEqual(['a', 'b']);
    expect(policy.scopesOf([])).toEqual([]);
  });

  it('refuse a topic that is none, and one that is closed, by its name', () => {
    const policy = compileTopics([{ topics: '**' }]);
    expect(() => demandTopic(policy, me, 'no#topic')).toThrow('topic-invalid');
    expect(() => demandTopic(policy, me, 'user/you')).toThrow(
      expect.objectContaining({ code: 'topic-not-allowed', detail: 'It is "user/you".' }),
    );
    expect(() => demandTopic(policy, me, 'Pet')).not.toThrow();
  });
});

describe('a pattern', () => {
  it.each(['Pet', '**', '*', 'a/*/b', 'a/{sub}/**', '{tenant}/x', 'users/*'])('may be %s', (text) =>
    expect(isTopicPattern(text)).toBe(true),
  );
  it.each([
    '',
    'a//b',
    '/a',
    'a/',
    '**/a',
    'a**',
    '{user}',
    'a#b',
    'user/**',
    'user',
    'x'.repeat(257),
  ])('may not be %s', (text) => expect(isTopicPattern(text)).toBe(false));
});
