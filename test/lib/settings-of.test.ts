import { expect, it } from 'vitest';
import { doorSettingsOf } from '../../lib/constructs/settings-of.ts';
import { withDefaults } from '../../lib/constructs/switchboard-props.ts';
import { Mistake } from '../../lib/mistake.ts';

const told = (props: Parameters<typeof withDefaults>[0]) => doorSettingsOf(withDefaults(props));
const addresses = (count: number) => Array.from({ length: count }, (_, at) => `192.0.2.${at}`);

it('[S3-11] lists that a function’s environment holds are told as they are', () => {
  const lists = { allowedAddresses: addresses(40), deniedAddresses: addresses(30) };
  expect(told(lists)).toEqual({
    ALLOWED_ADDRESSES: lists.allowedAddresses,
    DENIED_ADDRESSES: lists.deniedAddresses,
    ALLOWED_ORIGINS: [],
    CONNECTS_PER_ADDRESS: 0,
  });
});

it('[S3-11] longer ones are refused, together, and so is what is no address', () => {
  const lists = { allowedAddresses: addresses(50), deniedAddresses: addresses(50) };
  const origins = { allowedOrigins: [`https://${'a'.repeat(1000)}.example`] };
  for (const long of [lists, origins]) {
    expect(() => told(long)).toThrow(Mistake);
    expect(() => told(long)).toThrow('more than 1000 characters together');
  }
  for (const list of ['allowedAddresses', 'deniedAddresses']) {
    expect(() => told({ [list]: ['10.0.0/8'] })).toThrow(
      new Mistake('"10.0.0/8" is no address and no block of addresses.'),
    );
  }
});
