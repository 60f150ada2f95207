import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { BusEvent } from '../../contract/events.ts';

/** An endpoint that speaks PutEvents and SendMessage, for real clients; a test decides what it takes. */
export interface EventEndpoint {
  readonly url: string;
  /** What each PutEvents brought, taken or not. */
  readonly calls: BusEvent[][];
  /** What the bus took, in the order of its coming. */
  readonly taken: BusEvent[];
  readonly messages: { queue: string; body: unknown; delay: number }[];
  /** The ErrorCode for an entry that is not taken. */
  refuses: (event: BusEvent, call: number) => string | undefined;
  /** The status with which a whole call fails, by its X-Amz-Target. */
  fails: (target: string) => number | undefined;
  /** How many of the next calls are never answered. */
  unanswered: number;
  /** Points the SDKs of this process at it, and names a bus and queues. */
  setEnvironment(): void;
  stop(): Promise<void>;
}

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

export async function startEventEndpoint(): Promise<EventEndpoint> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (endpoint.unanswered > 0) {
      endpoint.unanswered -= 1;
      return;
    }
    const input = JSON.parse(Buffer.concat(pieces).toString());
    const target = String(request.headers['x-amz-target']);
    const status = endpoint.fails(target);
    response.writeHead(status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
    if (status) response.end(JSON.stringify({ __type: 'InternalException', message: 'planned' }));
    else response.end(JSON.stringify(target === 'AWSEvents.PutEvents' ? put(input) : send(input)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const put = ({ Entries }: { Entries: readonly Entry[] }) => {
    const events = Entries.map(({ Source: source, DetailType: type, Detail: detail }) => ({
      source,
      type,
      detail,
    }));
    endpoint.calls.push(events);
    const results = events.map((event) => {
      const ErrorCode = endpoint.refuses(event, endpoint.calls.length);
      if (ErrorCode) return { ErrorCode, ErrorMessage: 'planned' };
      endpoint.taken.push(event);
      return { EventId: `bus-${endpoint.taken.length}` };
    });
    const FailedEntryCount = results.filter(({ ErrorCode }) => ErrorCode).length;
    return { FailedEntryCount, Entries: results };
  };

  const send = (input: { QueueUrl: string; MessageBody: string; DelaySeconds: number }) => {
    endpoint.messages.push({
      queue: input.QueueUrl.split('/').at(-1) ?? '',
      body: JSON.parse(input.MessageBody),
      delay: input.DelaySeconds,
    });
    return {
      MessageId: String(endpoint.messages.length),
      MD5OfMessageBody: hash('md5', input.MessageBody),
    };
  };

  const url = `http://127.0.0.1:${port}`;
  const endpoint: EventEndpoint = {
    url,
    calls: [],
    taken: [],
    messages: [],
    unanswered: 0,
    refuses: () => undefined,
    fails: () => undefined,
    setEnvironment: () => {
      Object.assign(process.env, {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_ENDPOINT_URL_EVENTBRIDGE: url,
        AWS_ENDPOINT_URL_SQS: url,
        EVENT_BUS_NAME: 'bus',
        PARKED_EVENTS_QUEUE_URL: `${url}/0/parked-events`,
        SESSION_CHECK_QUEUE_URL: `${url}/0/session-check`,
        GRACE_SECONDS: '30',
      });
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return endpoint;
}
