const price = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 0,
});
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const minute = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' });
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const time = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export const formatPrice = (amount: number): string => price.format(amount);
/** `14:03:07` */
export const formatClock = (epochMs: number): string => clock.format(epochMs);
/** `14:03` */
export const formatMinute = (epochMs: number): string => minute.format(epochMs);
/** `4 December 2026` */
export const formatDay = (epochMs: number): string => day.format(epochMs);
/** `14:03:07.120` */
export const formatTime = (epochMs: number): string => time.format(epochMs);

/** `26 Nov 2026, 14:03:07`, of an ISO time. */
export const formatMoment = (iso: string): string => moment.format(Date.parse(iso));

/** `< 0.1 ms`, `0.4 ms`, `42 ms`, `1.3 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 0.1) return '< 0.1 ms';
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** Enough of a session's or user's id to tell it from the others here. */
export const formatSession = (id: string): string => id.slice(0, 8);
