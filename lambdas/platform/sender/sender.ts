import { hash } from 'node:crypto';
import { connect as connectPlain } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import {
  POST_BACKOFF_MS,
  POST_DEADLINE_MS,
  POST_PATIENCE_MS,
  POST_TRIES,
  POSTS_AT_ONCE,
} from '../../../contract/limits.ts';
import { clock } from '../clock.ts';
import { type Connect, openLine } from './line.ts';
import { openLines } from './lines.ts';
import { openPacer } from './pacer.ts';
import { openSigner, type SigningScope, signingTime } from './signer.ts';

/** `gone`: no such socket any more. `failed`: every try failed or took too long; it may still be open. */
export type SocketOutcome = 'done' | 'gone' | 'failed';

export interface SenderProps {
  /** Makes a connection to the endpoint. @default TCP, or TLS as the system trusts it */
  readonly connect?: Connect;
  /** Of one try. @default POST_DEADLINE_MS */
  readonly deadlineMs?: number;
  /** With one socket that is refused. @default POST_PATIENCE_MS */
  readonly patienceMs?: number;
  /** `https://…/prod`: where `@connections` answers. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Omit<SigningScope, 'region' | 'service'> & {
    readonly sessionToken?: string;
  };
}

/**
 * Posts frames to sockets, many at once: the product's hot path. It signs for itself and writes to
 * kept-alive connections, since a post through the SDK takes seventeen times the CPU. Each post has a
 * deadline and bounded tries; a 429 is a rate to follow and no failure, so that a quota costs time and
 * no message. What came of each post is a value; nothing here throws.
 */
export interface Sender {
  post(connectionId: string, frame: string): Promise<SocketOutcome>;
  /** Ends its connections; posts under way come to nothing. */
  close(): void;
}

export function openSender({ endpoint, region, credentials, ...props }: SenderProps): Sender {
  const url = new URL(endpoint);
  const { connect = connecting(url) } = props;
  const { deadlineMs = POST_DEADLINE_MS, patienceMs = POST_PATIENCE_MS } = props;
  const { sessionToken, ...identity } = credentials;
  const sign = openSigner({ ...identity, region, service: 'execute-api' });
  const lines = openLines(POSTS_AT_ONCE, () => openLine(connect, deadlineMs));
  const pacer = openPacer();
  const bodyOf = rememberBodies();
  const stampOf = rememberStamp({
    host: url.host,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  });

  const headOf = (path: string, { bytes, payloadHash }: Body): string => {
    const { time, headers, lines: stamped } = stampOf(Date.now());
    const authorization = sign({ method: 'POST', path, headers, payloadHash, time });
    return `POST ${path} HTTP/1.1\r\n${stamped}authorization: ${authorization}\r\ncontent-type: application/octet-stream\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  };

  /** One try; its status, or undefined where no answer came. */
  const attempt = async (path: string, body: Body): Promise<number | undefined> => {
    const taken = lines.take();
    const line = taken instanceof Promise ? await taken : taken;
    let outcome = await line.send(headOf(path, body), body.bytes);
    // A kept connection that had ended was nobody's fault: at once again, on a new one.
    if (outcome === 'stale') outcome = await line.send(headOf(path, body), body.bytes);
    lines.giveBack(line);
    return typeof outcome === 'object' ? outcome.status : undefined;
  };

  return {
    async post(connectionId, frame) {
      const path = `${url.pathname}/@connections/${encodeURIComponent(connectionId)}`;
      const body = bodyOf(frame);
      const patience = performance.now() + patienceMs;
      for (let tried = 1; ; ) {
        const wait = pacer.turn(performance.now());
        if (wait > 0) await clock.pause(wait);
        const status = await attempt(path, body);
        if (status !== undefined && status < 300) {
          pacer.passed();
          return 'done';
        }
        if (status === 410) return 'gone';
        if (status === 429) {
          const now = performance.now();
          pacer.refused(now);
          if (now > patience) return 'failed';
          continue;
        }
        // Our own mistakes (400, 403, 413) stay mistakes however often they are repeated.
        if ((status !== undefined && status < 500) || tried === POST_TRIES) return 'failed';
        await clock.pause(POST_BACKOFF_MS * 2 ** tried * Math.random());
        tried += 1;
      }
    },
    close: lines.close,
  };
}

/** What a signature's time alone decides: made once a second. */
function rememberStamp(fixed: Readonly<Record<string, string>>) {
  const make = (time: string) => {
    const { host = '', ...rest } = fixed;
    const headers = { host, 'x-amz-date': time, ...rest };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return { time, headers, lines: lines.join('') };
  };
  let second = Number.NaN;
  let stamp = make('');
  return (now: number) => {
    const its = Math.floor(now / 1000);
    if (its !== second) stamp = make(signingTime(now));
    second = its;
    return stamp;
  };
}

function connecting({ protocol, hostname: host, port }: URL): Connect {
  if (protocol === 'http:') {
    return (onread) => connectPlain({ host, port: Number(port || 80), onread });
  }
  const options = { host, port: Number(port || 443), servername: host };
  return (onread) => {
    const secured = { ...options, ALPNProtocols: ['http/1.1'], onread };
    return connectSecure(secured);
  };
}

interface Body {
  readonly bytes: Buffer;
  /** SHA-256, in hexadecimal. */
  readonly payloadHash: string;
}

/** Most posts of a batch carry the same few frames: their bytes and hashes are made once. */
function rememberBodies(): (frame: string) => Body {
  const bodies = new Map<string, Body>();
  return (frame) => {
    const known = bodies.get(frame);
    if (known) return known;
    if (bodies.size >= BODIES_KEPT) bodies.clear();
    const bytes = Buffer.from(frame);
    const body = { bytes, payloadHash: hash('sha256', bytes) };
    bodies.set(frame, body);
    return body;
  };
}

/** Of up to 32 KB each. */
const BODIES_KEPT = 100;
