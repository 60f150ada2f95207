import { expect, it } from 'vitest';
import { THROTTLE_WINDOW_SECONDS } from '../../contract/limits.ts';
import { neighbourhoodOf, windowAt } from '../../rules/throttle.ts';

it('windows follow each other without gap or overlap', () => {
  const width = THROTTLE_WINDOW_SECONDS * 1000;
  const start = 1000 * width;
  expect(windowAt(start)).toEqual({ number: 1000, endsAt: 1001 * THROTTLE_WINDOW_SECONDS });
  expect(windowAt(start + width - 1).number).toBe(1000);
  expect(windowAt(start + width).number).toBe(1001);
  expect(windowAt(start - 1).number).toBe(999);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is counted as %s', (address, neighbourhood) => {
  expect(neighbourhoodOf(address)).toBe(neighbourhood);
});
