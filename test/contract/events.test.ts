import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  LIFECYCLE_SOURCE,
  lifecycleDetail,
  lifecycleEnvelope,
  lifecycleTypes,
  NOTIFICATION_SOURCE,
  NOTIFICATION_TYPE,
  notificationDetail,
} from '../../contract/events.ts';

it('[S0-08] source and detail-types are those of the documents', () => {
  expect(LIFECYCLE_SOURCE).toBe('mtw.connections');
  expect([...lifecycleTypes].sort()).toEqual([
    'Player Connect',
    'Player Disconnect',
    'Session Connect',
    'Session Disconnect',
  ]);
});

it('docs/EVENTS.md names every source, type and field', () => {
  const document = readFileSync('docs/EVENTS.md', 'utf8');
  const names = [
    LIFECYCLE_SOURCE,
    NOTIFICATION_SOURCE,
    NOTIFICATION_TYPE,
    ...lifecycleTypes,
    ...Object.keys(lifecycleDetail.shape),
    ...Object.keys(notificationDetail.shape),
  ];
  for (const name of names) expect(document).toContain(`\`${name}\``);
});

it('consumers read an event that has more than they know of', () => {
  const detail = {
    sessionId: 's',
    player: 'joe',
    tenant: 't',
    eventId: 'e',
    version: 1,
    at: 'now',
  };
  const event = { version: '0', id: 'x', 'detail-type': 'Player Connect', detail };
  expect(lifecycleEnvelope.parse({ ...event, detail: { ...detail, more: 1 } })).toEqual({
    'detail-type': 'Player Connect',
    detail,
  });
});
