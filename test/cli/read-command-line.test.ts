import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../cli/read-command-line.ts';

describe('a command line', () => {
  it.each(['-bcdefghijklmno=', '--cdefghijklmn-=', 'abcdefghijklmno='])(
    'takes the connection id %s for what it is',
    (id) => {
      expect(readCommandLine(['connections', 'get', id, '--json'])).toMatchObject({
        words: [id],
        json: true,
      });
      expect(readCommandLine(['doctor', '--connection', id])).toMatchObject({
        options: { connection: id },
      });
    },
  );

  it('knows options that take nothing', () => {
    expect(readCommandLine(['redrive', '--all'])).toMatchObject({ options: { all: 'true' } });
    expect(readCommandLine(['redrive', '--topic', 'Pet'])?.options).toEqual({ topic: 'Pet' });
    expect(() => readCommandLine(['redrive', '--all=yes'])).toThrow('--all');
  });

  it('still knows what is no option', () => {
    expect(() => readCommandLine(['connections', 'ls', '--users', 'x'])).toThrow(
      "Unknown option '--users'",
    );
    expect(readCommandLine(['--help'])).toBeUndefined();
  });
});
