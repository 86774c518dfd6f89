// What may reach a terminal of words that are not ours: Google's, wrangler's, a file's. A terminal obeys control
// characters, and a reader believes what he sees.

/**
 * Without what a terminal would obey or a reader not see: C0 and C1 controls, line separators, format characters (what
 * turns the direction of writing, or has no width), and halves of characters.
 */
export function printable(text: string, keepsLines = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) =>
    keepsLines && one === '\n' ? one : ' ',
  );
}

/** Prints a line, or several. */
export const say = (line: string): void => {
  process.stdout.write(`${printable(line, true)}\n`);
};

/** Prints what went wrong. */
export const complain = (words: string): void => {
  process.stderr.write(`${printable(words, true)}\n`);
};
