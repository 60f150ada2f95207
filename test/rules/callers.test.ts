import { describe, expect, it } from 'vitest';
import { isNetwork } from '../../contract/networks.ts';
import { type CallerRules, compileCallers } from '../../rules/callers.ts';

const nothing: CallerRules = { allowedAddresses: [], deniedAddresses: [], allowedOrigins: [] };
const PAGE = 'https://shop.example';
const judge = (rules: Partial<CallerRules>, address = '192.0.2.1', origin?: string) =>
  compileCallers({ ...nothing, ...rules })({ address, origin });

describe('addresses', () => {
  const inside = { allowedAddresses: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'] };

  it('[S3-11] all may connect where none is named', () => {
    for (const address of ['192.0.2.1', '2001:db8::1', ''])
      expect(judge({}, address)).toBeUndefined();
  });

  it.each([
    '10.0.0.0',
    '10.255.255.255',
    '192.0.2.7',
    '2001:db8:ffff::1',
    '::1',
    '::ffff:10.1.2.3',
  ])('[S3-11] %s is in a network that may connect', (address) =>
    expect(judge(inside, address)).toBeUndefined(),
  );

  it.each([
    '11.0.0.0',
    '192.0.2.8',
    '2001:db9::',
    '::2',
    '::ffff:11.1.2.3',
    '',
    'unknown',
    '10.0.0.1 ',
  ])('[S3-11] %j is in none of them', (address) =>
    expect(judge(inside, address)).toBe('address-not-allowed'),
  );

  it('[S3-11] deny wins, in both families', () => {
    const rules = { ...inside, deniedAddresses: ['10.1.0.0/16', '2001:db8:1::/48'] };
    expect(judge(rules, '10.1.2.3')).toBe('address-not-allowed');
    expect(judge(rules, '::ffff:10.1.2.3')).toBe('address-not-allowed');
    expect(judge(rules, '2001:db8:1::5')).toBe('address-not-allowed');
    expect(judge(rules, '10.2.2.3')).toBeUndefined();
    expect(judge({ deniedAddresses: ['192.0.2.0/24'] })).toBe('address-not-allowed');
    expect(judge({ deniedAddresses: ['192.0.2.0/24'] }, '192.0.3.1')).toBeUndefined();
  });
});

describe('origins', () => {
  it.each<[string[], string | undefined, string | undefined]>([
    [[], PAGE, undefined],
    [['*'], PAGE, undefined],
    [[PAGE], PAGE, undefined],
    [[PAGE], undefined, undefined],
    [[PAGE], 'https://evil.example', 'origin-not-allowed'],
    [[PAGE], 'http://shop.example', 'origin-not-allowed'],
    [[PAGE], `${PAGE}:8443`, 'origin-not-allowed'],
    [[PAGE], `${PAGE}.evil.example`, 'origin-not-allowed'],
    [[PAGE], 'null', 'origin-not-allowed'],
    [[PAGE], '', 'origin-not-allowed'],
  ])('[S3-11] of %j a page of %s is told %s', (allowedOrigins, origin, is) =>
    expect(judge({ allowedOrigins }, '192.0.2.1', origin)).toBe(is),
  );
});

it('an address or a block of them is one that the list of node can hold', () => {
  for (const good of ['10.0.0.1', '0.0.0.0/0', '10.0.0.0/32', '::/0', '2001:db8::/128', '::1']) {
    expect(isNetwork(good), good).toBe(true);
    judge({ deniedAddresses: [good] });
  }
  for (const bad of [
    '',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '::/-1',
    'a/8',
    '::1%lo',
    '1.2.3.4/1/1',
  ]) {
    expect(isNetwork(bad), bad).toBe(false);
  }
});
