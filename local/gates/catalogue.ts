import type { Kind, Place } from './gate.ts';

/** Every kind of gate, by place; docs/GATES.md is made of it. */
export const catalogue: Readonly<Record<Place, Readonly<Record<string, Kind>>>> = {
  call: {
    hold: {
      does: 'keeps it until the gate is opened; before: it is done then, even if nobody waits any more',
      standsFor: 'a request or an answer that hangs in the network, longer than its caller waits',
      after: true,
    },
    delay: {
      does: 'keeps it for `ms`',
      standsFor: 'a slow service',
      after: true,
      ms: true,
    },
    error: {
      does: 'answers 500 in the dialect of the service; after: although it was done',
      standsFor:
        'InternalServerError, InternalFailure and the like, which leave it open what was done',
      after: true,
    },
    throttle: {
      does: 'answers what the service says to too many requests: 429 for posts, a cancelled transaction with ThrottlingError for transactions',
      standsFor: 'account quotas, hot partitions, tables that are scaling',
    },
    conflict: {
      does: 'cancels a transaction with TransactionConflict for its first item; rejects a single write with TransactionConflictException',
      standsFor: 'another transaction under way on the same item',
      only: /^dynamodb:(PutItem|UpdateItem|DeleteItem|Transact\w+)$/,
    },
    gone: {
      does: 'answers 410; after: although the frame was delivered',
      standsFor: 'a part of the gateway that does not know the connection (any more, or yet)',
      after: true,
      only: /^execute-api:/,
    },
    pretend: {
      does: 'answers 200 and delivers nothing',
      standsFor:
        'a socket that died without anybody having noticed: posts to it are taken for minutes',
      only: /^execute-api:POST$/,
    },
    cut: {
      does: 'ends the connection of the call without an answer; after: although it was done',
      standsFor: 'a reset in the network, a lost answer',
      after: true,
    },
    kill: {
      does: 'kills the process that calls',
      standsFor: 'a function that runs out of time or memory, or whose machine goes',
      after: true,
    },
  },
  route: {
    hold: {
      does: 'keeps the event from its function until the gate is opened; after: its answer',
      standsFor: 'events of one connection that overtake each other: AWS promises no order',
      after: true,
    },
    delay: {
      does: 'keeps it for `ms`',
      standsFor: 'the same, and a late `$disconnect`',
      after: true,
      ms: true,
    },
    error: {
      does: 'answers an error frame, or 500 to a handshake; after: although the function has done it',
      standsFor:
        '`Internal server error` of the gateway: an integration that fails or does not answer',
      after: true,
      only: /^\$(?:connect|default)$|^[^$]/,
    },
    lose: {
      does: 'never sends the event',
      standsFor:
        '`$disconnect` is sent at best effort; with `/stage/drop`: a TCP connection that ends and nobody tells',
      only: /^\$disconnect$/,
    },
    repeat: {
      does: 'sends the event again, `more` times',
      standsFor: 'an event that is delivered at least once',
      only: /^\$disconnect$/,
      more: true,
    },
    disconnect: {
      does: 'sends the `$disconnect` of the connection first; the one at its end comes all the same',
      standsFor:
        'an early `$disconnect`, which overtakes `$connect` or a message of the same connection',
      only: /^\$(?:connect|default)$|^[^$]/,
    },
  },
  batch: {
    hold: {
      does: 'keeps a batch of a stream or queue from its function until the gate is opened; after: its answer',
      standsFor: 'a mapping that falls behind',
      after: true,
    },
    delay: {
      does: 'keeps it for `ms`',
      standsFor: 'the same',
      after: true,
      ms: true,
    },
    error: {
      does: 'takes the batch for failed without calling the function; after: although the function has done it all. Then the mapping tries again by its own rules',
      standsFor: 'a function that runs out of time, with nothing done or everything',
      after: true,
    },
    repeat: {
      does: 'hands the same batch over again, `more` times, one after the other',
      standsFor: 'streams and queues deliver at least once',
      more: true,
    },
    overlap: {
      does: 'hands it to `more` invocations beside the first, at once',
      standsFor:
        'an invocation that the mapping has given up on, and that still runs beside its retry',
      more: true,
    },
    reorder: {
      does: 'hands over the records of a batch in another order: only those of one item, or none of a queue, keep theirs',
      standsFor: 'AWS promises order for each item of a table only, and none in a standard queue',
    },
  },
  shard: {
    split: {
      does: 'parts a stream in two, by item: from the next batch on two readers go on and do not wait for each other',
      standsFor: 'a partition that splits, which can part even the rows of one partition key',
    },
  },
  index: {
    freeze: {
      does: 'answers queries of a global index as of the moment when the gate was put up',
      standsFor: 'global indexes are eventually consistent',
      lasts: true,
    },
  },
  ttl: {
    stop: {
      does: 'leaves expired rows where they are',
      standsFor: 'time to live deletes within days, and promises no sooner',
      lasts: true,
    },
  },
};
