import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, openAnswerReader } from '../../lambdas/platform/sender/answer-reader.ts';

/** An answer read in these pieces; what the end of the connection makes of it when it is not whole. */
function readIn(pieces: readonly string[], ends = false): Answer | undefined {
  const reader = openAnswerReader();
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, 'latin1');
    const answer = reader.take(chunk);
    chunk.fill('?'); // As where the next one is read into the same buffer.
    if (answer) return answer;
  }
  return ends ? reader.end() : undefined;
}

const read = (text: string, ends = false) => readIn([text], ends);
const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  it.each([
    ['without a body', `${OK}content-length: 0\r\n\r\n`, 200],
    ['with a body', `${OK}Content-Length: 5\r\nx: y\r\n\r\nhello`, 200],
    ['whose body looks like a head', `${OK}content-length: 8\r\n\r\n\r\n\r\nHTTP`, 200],
    ['that is gone', 'HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n', 410],
    ['without a reason', 'HTTP/1.1 503 \r\ncontent-length: 2\r\n\r\nno', 503],
    ['that has no content', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    [
      'in chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n`,
      200,
    ],
    [
      'in chunks with trailers',
      `${OK}transfer-encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\na: b\r\n\r\n`,
      200,
    ],
    [
      'after informational ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 0\r\n\r\n`,
      200,
    ],
  ])(
    '%s leaves its connection for the next one, in whatever pieces it comes',
    (_, text, status) => {
      expect(read(text)).toEqual({ status, isReusable: true });
      fc.assert(
        fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
          const places = [0, ...cuts.sort((a, b) => a - b), text.length];
          const pieces = places.slice(1).map((end, at) => text.slice(places[at], end));
          expect(readIn(pieces)).toEqual({ status, isReusable: true });
        }),
      );
    },
  );

  it.each([
    ['that says it closes', `${OK}connection: close\r\ncontent-length: 0\r\n\r\n`],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['without a length', `${OK}\r\nwhatever`],
    [
      'with a length and chunks',
      `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['with something behind it', `${OK}content-length: 0\r\n\r\nHTTP/1.1 200 OK`],
  ])('%s is the last one of its connection', (_, text) => {
    expect(read(text)).toEqual({ status: 200, isReusable: false });
  });

  it.each([
    ['in its body', `${OK}content-length: 10\r\n\r\nhalf`],
    ['in a chunk', `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhe`],
    ['in its trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\na: b\r\n`],
  ])('that is cut off %s has its status all the same', (_, text) => {
    expect(read(text)).toBeUndefined();
    expect(read(text, true)).toEqual({ status: 200, isReusable: false });
  });

  it.each([
    ['at once', ''],
    ['in its head', `${OK}content-len`],
    ['after an informational one', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('that is cut off %s is none', (_, text) => expect(read(text, true)).toBeUndefined());

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 20x OK\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a head without end', `${OK}${'x: y\r\n'.repeat(4000)}`],
    ['a chunk without size', `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`],
    ['a chunk’s line without end', `${OK}transfer-encoding: chunked\r\n\r\n${'1'.repeat(17_000)}`],
  ])('is not read out of %s', (_, text) => expect(() => read(text)).toThrow(/^(The|A) /));
});
