import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface PresignOptions {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly service?: string;
  readonly expiresIn?: number;
  readonly signingDate?: Date;
}

/** What the SDK's signer asks of a hash. */
class Sha256 {
  readonly #key: Uint8Array | string | undefined;
  #hash: Hash | Hmac;
  constructor(key?: unknown) {
    this.#key = key as Uint8Array | string | undefined;
    this.#hash = this.#begin();
  }
  #begin = (): Hash | Hmac =>
    this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key);
  update(part: Uint8Array | string): void {
    this.#hash.update(part);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    this.#hash = this.#begin();
  }
}

/** A handshake's URL as a client of IAM signs it, by the SDK's own signer: `wss://…?session=…&X-Amz-Signature=…`. */
export async function presign(text: string, options: PresignOptions): Promise<string> {
  const { region, credentials, service = 'execute-api', expiresIn = 60, signingDate } = options;
  const url = new URL(text);
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 as never });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host },
      query: Object.fromEntries(url.searchParams),
    },
    { expiresIn, ...(signingDate && { signingDate }) },
  );
  const signed = Object.entries(query).map(
    ([name, value]) => `${encode(name)}=${encode(String(value))}`,
  );
  return `${url.origin}${url.pathname}?${signed.join('&')}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
