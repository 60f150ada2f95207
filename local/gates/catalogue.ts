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
  route: {},
  batch: {},
  index: {},
  ttl: {},
};
