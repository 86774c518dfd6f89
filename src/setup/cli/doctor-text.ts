// Findings as text for a terminal. Pure.
import { type Finding, TITLES } from '../finding.ts';
import { printable } from './printable.ts';

export type Style = (format: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string) => string;

const MARKS = { ok: '✓', failed: '✗', waiting: '…' } as const;
const COLOURS = { ok: 'green', failed: 'red', waiting: 'yellow' } as const;

/** Breaks between words; a word longer than a line keeps whole, so that it can be copied. */
function wrapped(text: string, width: number, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of printable(text).split(/\s+/).filter(Boolean)) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

function shown(finding: Finding, { style, width }: { style: Style; width: number }): string[] {
  const { check, state, says, steps, paste } = finding;
  const title = `${style(COLOURS[state], MARKS[state])} ${style('bold', TITLES[check])}`;
  const words = wrapped(says, width, '    ');
  return [
    `  ${title}`,
    ...(state === 'failed' ? words : words.map((line) => style('dim', line))),
    ...steps.flatMap((step, i) => wrapped(step, width, '       ', `    ${i + 1}. `)),
    ...paste.flatMap(({ label, value }) => [
      `       ${style('dim', `${printable(label)}:`)}`,
      `         ${printable(value)}`,
    ]),
  ];
}

/** @param options.width columns of the terminal */
export function showFindings(
  findings: readonly Finding[],
  options: { style: Style; width: number },
): string {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const sum = `${count('ok')} in order, ${count('failed')} to be repaired, ${count('waiting')} waiting`;
  return `\n${findings.flatMap((one) => shown(one, options)).join('\n')}\n\n  ${sum}\n\n`;
}
