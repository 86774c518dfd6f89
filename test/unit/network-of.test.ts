// Which addresses share one count of sign-ins: an IPv4 address is alone, an IPv6 one is its network of 64 bits.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/sso/limit.ts';

describe('security 3: the network of an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['local', 'local'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2'],
    ['2001:DB8:1:2::1', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:0:0:1::', '2001:db8:0:0'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2'],
    ['2001::5:6:7', '2001:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['1::', '1:0:0:0'],
    ['1:0:0:2::9', '1:0:0:2'],
    ['1:2:3:4:5:6:7::', '1:2:3:4'],
  ])('%s → %s', (address, expected) => {
    expect(networkOf(address)).toBe(expected);
  });

  test('is the same however an address is spelled, and whatever its last 64 bits are', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const groups = fc.array(group, { minLength: 4, maxLength: 4 });
    const hex = (all: number[], pad: number) =>
      all.map((one) => one.toString(16).padStart(pad, '0'));
    /** Leaves out one run of zeros, if there is one from `from` on. */
    const short = (all: number[], from: number) => {
      const start = all.indexOf(0, from);
      if (start < 0) return hex(all, 1).join(':');
      let end = start;
      while (all[end] === 0) end += 1;
      return `${hex(all.slice(0, start), 1).join(':')}::${hex(all.slice(end), 1).join(':')}`;
    };
    fc.assert(
      fc.property(groups, groups, groups, fc.nat(7), (network, host, otherHost, from) => {
        const expected = hex(network, 1).join(':');
        const whole = [...network, ...host];
        expect(networkOf(hex(whole, 1).join(':'))).toBe(expected);
        expect(networkOf(hex(whole, 4).join(':').toUpperCase())).toBe(expected);
        expect(networkOf(short(whole, from))).toBe(expected);
        expect(networkOf(short([...network, ...otherHost], from))).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});
