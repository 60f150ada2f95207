import { randomBytes } from 'node:crypto';

/** A key pair as AWS issues them; temporary ones carry a session token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const keyAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Credentials that nobody has seen before: `temporary` as a role's session gets them, `lasting` as a user does. */
export function issueCredentials(kind: 'temporary' | 'lasting'): Credentials {
  const tail = Array.from(randomBytes(16), (byte) => keyAlphabet[byte % 32]).join('');
  const secretAccessKey = randomBytes(30).toString('base64');
  return kind === 'lasting'
    ? { accessKeyId: `AKIA${tail}`, secretAccessKey }
    : {
        accessKeyId: `ASIA${tail}`,
        secretAccessKey,
        sessionToken: randomBytes(96).toString('base64'),
      };
}

/** The variables under which every AWS SDK looks for credentials. */
export function environmentOf(credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined
      ? {}
      : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}
