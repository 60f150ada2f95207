import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';

/** The status that a WebSocket handshake is answered with: 101 when it is admitted; then it is closed again. */
export async function handshakeStatus(url: string, withinMs = 10_000): Promise<number> {
  const { request } = url.startsWith('wss:') ? https : http;
  const asking = request(url.replace(/^ws/, 'http'), {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
    signal: AbortSignal.timeout(withinMs),
  });
  asking.end();
  const upgraded = once(asking, 'upgrade').then(([response, socket]) => {
    socket.destroy();
    return response.statusCode as number;
  });
  const answered = once(asking, 'response').then(([response]) => {
    response.resume();
    return response.statusCode as number;
  });
  return Promise.race([upgraded, answered]);
}

/** What API Gateway means by it. */
export const handshakeMeanings: Readonly<Record<number, string>> = {
  403: 'there is no such API or stage at this address, or the authorizer refused',
  426: 'the address is spoken to as HTTP: there is no WebSocket API there',
  429: 'the throttle of the stage, or the account’s quota of new connections, refused',
  500: 'API Gateway may not invoke the function of $connect, or it was throttled',
  502: 'the function of $connect failed or ran out of time',
  503: 'the function of $connect could not write the row of the connection',
};
