import { bad, type Check, well } from './check.ts';
import { handshakeMeanings, handshakeStatus } from './handshake.ts';
import { lookForErrors } from './logs.ts';

const trouble = 'Connection not established';

export const connecting: readonly Check[] = [
  {
    trouble,
    question: 'Is the address of the form wss://…?',
    async look(place) {
      const url = place.output('WebSocketUrl');
      if (url.startsWith('wss://')) return well(url);
      if (place.isStage) return well(`${url}: without TLS, since it is the stage's`);
      return bad(`${url} does not begin with wss://.`, 'Use the output WebSocketUrl as it is.');
    },
  },
  {
    trouble,
    question: 'Is the stage of the API deployed, and does it admit a connection?',
    async look(place) {
      const url = place.output('WebSocketUrl');
      try {
        const status = await handshakeStatus(url);
        if (status === 101) return well('a handshake was answered with 101');
        if (status === 401)
          return well('its door asks who comes (401): a ticket or a token is needed');
        const meaning = handshakeMeanings[status] ?? 'an answer that API Gateway is not known for';
        return bad(`A handshake was answered with ${status}: ${meaning}.`, 'See the next answer.');
      } catch (fault) {
        const { code, message } = fault as NodeJS.ErrnoException;
        return bad(
          `Nobody answers at ${url} (${code ?? message}).`,
          'Is it deployed, or the stage running? Are the outputs those of this deployment?',
        );
      }
    },
  },
  {
    trouble,
    question: 'Do the functions of the WebSocket API log errors?',
    look: (place) =>
      lookForErrors(
        place,
        ['connect', 'disconnect', 'default'],
        'Read their logs: ConnectionsFail in docs/OPERATIONS.md.',
      ),
  },
];
