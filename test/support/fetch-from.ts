import { request as openRequest } from 'node:http';
import { text } from 'node:stream/consumers';

let given = 1;

/**
 * A `fetch` from a loopback address that nobody else calls from: the throttles of the stage count by
 * address, and all tests of a run share one stage.
 */
export function fetchFromElsewhere(): typeof fetch {
  given += 1;
  const localAddress = `127.${process.pid % 250}.${Math.floor(given / 250)}.${given % 250}`;
  return async (url, { method = 'GET', headers, body } = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const request = openRequest(String(url), {
      method,
      localAddress,
      headers: Object.fromEntries(new Headers(headers)),
    });
    request.on('error', reject);
    request.on('response', async (response) => {
      const { statusCode: status = 0, headers: got } = response;
      const pairs = Object.entries(got).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      resolve(new Response(await text(response), { status, headers: pairs }));
    });
    request.end(body);
    return promise;
  };
}
