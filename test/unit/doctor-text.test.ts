// Findings at a terminal: legible, safe to print, and with values that can be copied whole.
import { describe, expect, test } from 'vitest';
import { showFindings } from '../../src/setup/cli/doctor-text.ts';
import { printable } from '../../src/setup/cli/printable.ts';
import { failed, ok, waiting } from '../../src/setup/finding.ts';

const plain = (_: string, text: string) => text;

describe('findings', () => {
  const text = showFindings(
    [
      ok('key', 'It is one.'),
      failed(
        'token',
        'Delegation is missing.',
        ['Open the page.', 'Paste.'],
        [{ label: 'Client ID', value: '108204816326412800001' }],
      ),
      waiting('api', 'Something else comes first.'),
    ],
    { style: plain, width: 80 },
  );

  test('carry a mark, a title, the cause, numbered steps and what to paste', () => {
    expect(text).toContain('✓ The service-account key is a key\n    It is one.');
    expect(text).toContain('✗ Google hands out access tokens\n    Delegation is missing.');
    expect(text).toContain('    1. Open the page.\n    2. Paste.\n');
    expect(text).toContain('       Client ID:\n         108204816326412800001\n');
    expect(text).toContain('… The Admin SDK API is on');
  });

  test('end with how many there are of each', () => {
    expect(text).toContain('1 in order, 1 to be repaired, 1 waiting');
  });

  test('break between words, and never inside of one that may be copied', () => {
    const long = `https://console.cloud.google.com/${'a'.repeat(90)}`;
    const words = `${'word '.repeat(40)}${long}`;
    const lines = showFindings([failed('api', words, [])], { style: plain, width: 60 }).split('\n');

    expect(lines.some((line) => line.trim() === long)).toBe(true);
    expect(lines.filter((line) => line.length > 60).map((line) => line.trim())).toEqual([long]);
  });
});

test('what a terminal would obey never reaches it', () => {
  const evil =
    'a\u001b]0;owned\u0007\u001b[2Jb\u009b31mc\r\nd\u202ee\u2028f\u0000g\u2066h\u061ci\u200bj\ufeffk\u{e0041}l\ud800m';
  const text = showFindings([failed('roles', evil, [evil], [{ label: evil, value: evil }])], {
    style: plain,
    width: 100,
  });

  expect(text.replaceAll('\n', '')).not.toMatch(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u,
  );
  expect(printable('a\nb')).toBe('a b');
  expect(printable('a\nb\u001b', true)).toBe('a\nb ');
});

test('letters of every script, and pictures, stay', () => {
  for (const text of ['Zoë Ångström', 'Жанна', '山田', 'شیرین', '🙂'])
    expect(printable(text)).toBe(text);
});
