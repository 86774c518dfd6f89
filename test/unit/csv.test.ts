// The file that a spreadsheet opens: read back by a parser that is not ours it says what was written, and no cell of it is
// one that a spreadsheet would run.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cell, csvRow, csvStream, harmless } from '../../src/console/csv.ts';

const STARTERS = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
const UNSEEN = [
  '',
  ' ',
  '\u00A0',
  '\u3000',
  '\uFEFF',
  '\u200B',
  '\u200E',
  '\u2060',
  '\u00AD',
  '"',
  "'",
];

/** What nothing stands before but what is not seen. */
const RUN = /^[\s\p{Cf}"]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  // The mark at the beginning is looked for.
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
}

async function* pagesOf(...pages: (readonly (readonly Cell[])[])[]) {
  yield* pages;
}

const read = (text: string): string[][] => parse(text, { bom: true });

describe('a cell that a spreadsheet would run', () => {
  const cases = STARTERS.flatMap((sign) =>
    UNSEEN.map((before) => `${before}${sign}1+cmd|' /C calc'!A0`),
  );
  test.each([...cases, '\tx', '\rx', '\nx', '\t=1', ' \n =1', '"=1"'])(
    'has an apostrophe: %j',
    (text) => {
      expect(harmless(text)).toBe(`'${text}`);
    },
  );

  test.each([
    '',
    'Ana',
    'ana@example.test',
    'a=b',
    '1-2',
    '¡Hola!',
    '👩‍💻 Ana',
    '“Ana”',
    "O'Neill",
    ' Ana',
    'Ωmega',
  ])('is not any other: %j', (text) => {
    expect(harmless(text)).toBe(text);
  });

  test('whatever stands around it (a property)', () => {
    const unseen = fc
      .array(fc.constantFrom(...UNSEEN), { maxLength: 6 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        unseen,
        fc.constantFrom(...STARTERS),
        fc.string({ unit: 'grapheme' }),
        (before, sign, rest) => {
          expect(harmless(`${before}${sign}${rest}`)[0]).toBe("'");
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('a file is read back as it was written, but for the apostrophes (a property)', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.string({
      unit: fc.constantFrom('"', ',', '\r', '\n', ';', '=', ' ', "'", 'é', '\uFEFF', '='),
    }),
  );
  const record = fc.tuple(fc.nat(), anything, anything);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 4 }),
      async (pages) => {
        const text = await textOf(csvStream(['n', 'a', 'b'], pagesOf(...pages)));
        const expected = pages.flat().map(([n, a, b]) => [String(n), harmless(a), harmless(b)]);
        expect(read(text)).toEqual([['n', 'a', 'b'], ...expected]);
        for (const cell of read(text).flat()) expect(cell).not.toMatch(RUN);
      },
    ),
    { numRuns: 300 },
  );
});

test('lines end as RFC 4180 says, and Excel is told that it is UTF-8', async () => {
  const text = await textOf(csvStream(['name'], pagesOf([['Zoë "Z"'], [null]])));
  expect(text).toBe('\uFEFF"name"\r\n"Zoë ""Z"""\r\n""\r\n');
  expect(csvRow([1, 'a;=b'])).toBe('1,"a;=b"\r\n');
});

describe('a stream', () => {
  test('reads no further than somebody asks, and stops where they leave', async () => {
    let asked = 0;
    let isClosed = false;
    async function* pages() {
      try {
        for (;;) {
          asked += 1;
          yield [['x']] as const;
        }
      } finally {
        isClosed = true;
      }
    }
    const reader = csvStream(['a'], pages()).getReader();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(0);
    await reader.read();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBeLessThanOrEqual(2);
    await reader.cancel();
    expect(isClosed).toBe(true);
  });

  test('that fails is no whole file', async () => {
    async function* pages() {
      yield [['x']] as const;
      throw new Error('gone');
    }
    await expect(textOf(csvStream(['a'], pages()))).rejects.toThrow('gone');
  });
});
