import { setTimeout as pause } from 'node:timers/promises';

/**
 * How functions wait, in milliseconds. Whoever plays schedules puts another way in its place: there a wait is
 * one more moment at which anything may happen, and takes no time.
 */
export const clock = { pause: (ms: number): Promise<void> => pause(ms) };
