import type { Moment, RedriveAnswer } from '../../../contract/connection-manager.ts';

/** What a redrive did, for people. */
export function whatWasRedriven(answer: RedriveAnswer): string {
  const { numbered, moved, posted, connections, isWhole } = answer;
  const back = Object.entries(moved).map(([queue, count]) => `${count} to ${queue}`);
  return [
    `${counted(numbered, 'message')} got a number and went out.`,
    ...(posted === undefined
      ? []
      : [`${counted(posted, 'message')} posted to ${counted(connections ?? 0, 'connection')}.`]),
    ...(back.length > 0 ? [`Dead letters went back: ${back.join(', ')}.`] : []),
    ...(isWhole ? [] : ['There is more: once again.']),
  ].join(' ');
}

/** `joe / tab`, as far as it is known. */
export const whoseFailure = ({ userId, sessionId }: Moment): string =>
  userId === undefined ? '–' : `${userId} / ${sessionId}`;

/** What a failed post was to bring. */
export function whatFailed({ topic, from, upTo, message, broadcast }: Moment): string {
  if (message !== undefined) return `the direct message ${message}`;
  if (broadcast !== undefined) return `the broadcast ${broadcast}`;
  if (topic === undefined) return '–';
  if (from === undefined) return String(topic);
  return from === upTo ? `${topic} ${from}` : `${topic} ${from} … ${upTo}`;
}

export const counted = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : nouns}`;
