import { FRAME_BYTES } from '../../contract/limits.ts';
import { type FindingName, findings } from '../finding.ts';
import { others, prices } from '../prices.ts';
import { dollarsOf, noUnits, type Units } from '../units/meter.ts';
import type { Counted } from './measure.ts';
import type { Asked } from './workload.ts';

/** Dollars a month by what they are paid for. */
export interface Bill {
  readonly says: string;
  readonly parts: Readonly<Record<string, number>>;
}

const MINUTES_A_MONTH = 30 * 24 * 60;
const KB = 1024;

/**
 * Of functions only the time that posting takes is counted: what others do is the same everywhere. A post
 * is taken to answer within 10 ms (an assumption, not measured on AWS), beside as many others as the sender
 * has under way; the SDK's CPU time is what it takes instead when that is longer (measured locally).
 */
const POST_MS = 10;
const senders = {
  ours: { atOnce: 96, cpuMs: 0.03 },
  sdk: { atOnce: 50, cpuMs: 0.29 },
} as const;
const POSTING_GIGABYTES = 1769 / 1024;

/** What it costs here, in the documents' own designs, and at others. */
export function billsOf(asked: Asked, counted: Counted): Readonly<Record<string, Bill>> {
  const { clients, fanout, bytes, reconnectMinutes } = asked;
  const deliveries = clients * asked.deliveriesAMinute * MINUTES_A_MONTH;
  const publishes = deliveries / fanout;
  const connectionMinutes = clients * MINUTES_A_MONTH;
  const returns = connectionMinutes / reconnectMinutes;
  const pieces = Math.ceil(bytes / FRAME_BYTES);

  const onAws = (
    finding: FindingName,
    sender: keyof typeof senders,
    publish: Units,
    returning: Units,
    framesAReturn: number,
  ): Bill => {
    const looked = finding === 'scan' ? clients : fanout;
    const { atOnce, cpuMs } = senders[sender];
    const postingMs = Math.max(POST_MS / atOnce, cpuMs);
    return {
      says: findings[finding].says,
      parts: {
        messages: (deliveries * pieces + returns * framesAReturn) * prices.perMessage,
        connections: connectionMinutes * prices.perConnectionMinute,
        finding: publishes * looked * counted.finding[finding] * prices.perReadUnit,
        publishing: publishes * dollarsOf(publish),
        returning: returns * dollarsOf(returning),
        posting:
          deliveries * (postingMs / 1000) * POSTING_GIGABYTES * prices.perGigabyteSecond +
          publishes * prices.perInvocation,
      },
    };
  };
  /** The documents keep one row a connection, written and deleted; a publish is not recorded. */
  const oneRow: Units = { ...noUnits, writes: 2 };
  const ofDocuments = (finding: FindingName) => onAws(finding, 'sdk', noUnits, oneRow, 0);

  const operations = publishes + deliveries;
  const { appSyncEvents, ably, pusher } = others;
  const plan = pusher.find(
    ({ messagesADay, connections }) => operations / 30 <= messagesADay && clients <= connections,
  );
  return {
    switchboard: onAws(
      'ours',
      'ours',
      counted.publish,
      counted.returning,
      4, // authenticate and what was missed, each with its reply
    ),
    sessions: ofDocuments('sessions'),
    userIndex: ofDocuments('userIndex'),
    scan: ofDocuments('scan'),
    appSyncEvents: {
      says: 'AWS AppSync Events: nothing is kept, a client that was away has missed it',
      parts: {
        messages: operations * Math.ceil(bytes / (5 * KB)) * appSyncEvents.perOperation,
        connections: connectionMinutes * appSyncEvents.perConnectionMinute,
      },
    },
    ably: {
      says: 'Ably, Standard, one channel for each fan-out’s worth of clients',
      parts: {
        messages: operations * ably.perMessage,
        connections: connectionMinutes * ably.perConnectionMinute,
        channels: Math.ceil(clients / fanout) * MINUTES_A_MONTH * ably.perChannelMinute,
        plan: ably.perMonth,
      },
    },
    ...(plan && {
      pusher: {
        says: 'Pusher Channels, the smallest plan that carries it',
        parts: { plan: plan.perMonth },
      },
    }),
  };
}

export const totalOf = ({ parts }: Bill): number =>
  Object.values(parts).reduce((sum, part) => sum + part, 0);

export const deliveriesOf = ({ clients, deliveriesAMinute }: Asked): number =>
  clients * deliveriesAMinute * MINUTES_A_MONTH;
