import type { StageContext } from '../service.ts';
import { sign } from './sigv4.ts';

/** One call of a JSON-speaking service at the stage's own endpoint. */
export interface SignedCall {
  readonly service: string;
  /** As in `X-Amz-Target`: `AmazonSQS.SendMessage`. */
  readonly target: string;
  readonly input: unknown;
}

/**
 * Calls a service of the stage in a function's name and with its rights, for what AWS does as the
 * function's role: destinations, for one. Rejects with the endpoint's own words when it is refused.
 */
export async function callAs(
  functionId: string,
  { service, target, input }: SignedCall,
  { access, ports, region }: StageContext,
): Promise<void> {
  const credentials = access.environmentFor(functionId);
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const body = Buffer.from(JSON.stringify(input));
  const headers: Record<string, string> = {
    host: `127.0.0.1:${ports.aws}`,
    'x-amz-date': time,
    'x-amz-security-token': credentials.AWS_SESSION_TOKEN ?? '',
    'x-amz-target': target,
  };
  const signedHeaders = Object.keys(headers);
  const signature = sign(
    { method: 'POST', url: '/', headers, body },
    {
      scope,
      day,
      region,
      service,
      signedHeaders,
      time,
      secret: credentials.AWS_SECRET_ACCESS_KEY ?? '',
    },
  );
  const answer = await fetch(`http://${headers.host}/`, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/x-amz-json-1.0',
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
    },
    body,
  });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.body?.cancel();
}
