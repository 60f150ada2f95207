/** What a server answered, as far as a sender needs to know. */
export interface Answer {
  readonly status: number;
  /** The connection can take another request: the answer ended where it said, and nothing came behind. */
  readonly isReusable: boolean;
}

/** Reads the answers off one HTTP/1.1 connection, one after the other, in whatever pieces they come. */
export interface AnswerReader {
  /** The answer once it is whole; the next one begins then. Keeps nothing of `chunk`. Throws a sentence at what is no HTTP. */
  take(chunk: Buffer): Answer | undefined;
  /** The connection ended: what was answered, if its head had come. An answer cut short still has its status. */
  end(): Answer | undefined;
}

const HEAD_BYTES_MOST = 16 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export function openAnswerReader(): AnswerReader {
  let buffered = NOTHING;
  let head: Head | undefined;
  /** Bytes of the body that are still to come; of a chunked one, of its present chunk. */
  let left = 0;
  let isInTrailers = false;

  const finish = ({ status, isReusable }: Head, isWhole: boolean): Answer => {
    const answer = { status, isReusable: isWhole && isReusable && buffered.length === 0 };
    head = undefined;
    isInTrailers = false;
    return answer;
  };

  /** One line, taken off what is buffered; undefined when its end has not come yet. */
  const takeLine = (): string | undefined => {
    const end = buffered.indexOf('\r\n');
    if (end < 0) {
      if (buffered.length > HEAD_BYTES_MOST) throw new Error('A line of the answer has no end.');
      return undefined;
    }
    const line = buffered.toString('latin1', 0, end);
    buffered = buffered.subarray(end + 2);
    return line;
  };

  /** The head once it has come, whatever informational ones came before it. */
  const takeHead = (): Head | undefined => {
    for (;;) {
      const end = buffered.indexOf('\r\n\r\n');
      if (end < 0) {
        if (buffered.length > HEAD_BYTES_MOST)
          throw new Error('The head of the answer has no end.');
        return undefined;
      }
      const read = readHead(buffered.toString('latin1', 0, end + 2));
      buffered = buffered.subarray(end + 4);
      if (read.status < 200) continue;
      left = read.length ?? 0;
      return read;
    }
  };

  const skip = (): boolean => {
    const skipped = Math.min(left, buffered.length);
    buffered = buffered.subarray(skipped);
    left -= skipped;
    return left === 0;
  };

  /** True once the last chunk and its trailers have come. */
  const takeChunks = (): boolean => {
    while (skip()) {
      const line = takeLine();
      if (line === undefined) return false;
      if (isInTrailers) {
        if (line === '') return true;
        continue;
      }
      const size = Number.parseInt(/^[0-9a-f]{1,8}(?=$|[\s;])/i.exec(line)?.[0] ?? '', 16);
      if (Number.isNaN(size)) throw new Error('A chunk of the answer has no size.');
      // The line break behind a chunk belongs to it.
      if (size > 0) left = size + 2;
      else isInTrailers = true;
    }
    return false;
  };

  const takeAnswer = (): Answer | undefined => {
    head ??= takeHead();
    if (head === undefined) return undefined;
    // Without a length it lasts until the connection ends: nothing of it is worth waiting for.
    if (head.body === 'until-end') return finish(head, false);
    const isWhole = head.body === 'chunked' ? takeChunks() : skip();
    return isWhole ? finish(head, true) : undefined;
  };

  return {
    take(chunk) {
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
      const answer = takeAnswer();
      buffered = buffered.length === 0 ? NOTHING : Buffer.from(buffered);
      return answer;
    },
    end: () => head && finish(head, false),
  };
}

interface Head {
  readonly status: number;
  readonly body: 'sized' | 'chunked' | 'until-end';
  readonly length?: number;
  readonly isReusable: boolean;
}

/** `text` ends with the line break of its last line. */
function readHead(text: string): Head {
  const [, version, code] = /^HTTP\/1\.([01]) (\d{3})[ \r]/.exec(text) ?? [];
  if (version === undefined) throw new Error('The answer is no HTTP/1.1.');
  const status = Number(code);
  if (status === 101) throw new Error('The answer changes the protocol.');
  const isKept = version === '1' && !/\r\nconnection:[^\r]*close/i.test(text);
  if (status < 200 || status === 204 || status === 304) {
    return { status, body: 'sized', length: 0, isReusable: isKept };
  }
  const coding = /\r\ntransfer-encoding:[^\r]*chunked *\r/i.test(text);
  const [, length] = /\r\ncontent-length: *(\d{1,15}) *\r/i.exec(text) ?? [];
  // With both, nobody can be sure where it ends.
  if (coding) return { status, body: 'chunked', isReusable: isKept && length === undefined };
  if (length === undefined) return { status, body: 'until-end', isReusable: false };
  return { status, body: 'sized', length: Number(length), isReusable: isKept };
}
