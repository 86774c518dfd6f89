// A list as a spreadsheet opens it: RFC 4180, and no cell that a spreadsheet would run. Names, addresses and custom fields
// are whatever somebody typed at Google.

/**
 * What a spreadsheet takes for a formula: one of `= + - @`, of TAB, CR and LF, or their full-width forms, at the beginning,
 * or after what is not seen there: spaces, quotes, marks without width.
 */
const FORMULA =
  /^(?:[\t\r\n]|[\s\p{Z}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}"'`]*[=+\-@＝＋－＠])/u;

/** The text with an apostrophe before it where a spreadsheet would run it; else as it is. */
export const harmless = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

export type Cell = string | number | null;

// Always in quotes: where a semicolon parts cells, it would part one that has no quotes.
const cell = (value: Cell): string =>
  typeof value === 'number' ? String(value) : `"${harmless(value ?? '').replaceAll('"', '""')}"`;

/** One record, with its line's end. */
export const csvRow = (cells: readonly Cell[]): string => `${cells.map(cell).join(',')}\r\n`;

/** Without it Excel reads names in another alphabet than they were written in. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A file that is made while it is read: no more of it is there than somebody has asked for.
 *
 * @param pages the records, a piece at a time; an error of it is the reader's, who then has no whole file
 */
export function csvStream(
  head: readonly string[],
  pages: AsyncIterator<readonly (readonly Cell[])[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(BYTE_ORDER_MARK + csvRow(head)));
    },
    async pull(controller) {
      const { done, value } = await pages.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value.map(csvRow).join('')));
    },
    async cancel() {
      await pages.return?.();
    },
  });
}
