// Rows → an aligned plain table.
import type { Row, Value } from './figure.ts';

const HEAD = ['figure', 'what', 'measured', 'base', 'ratio', 'samples'];
const ALIGNED_RIGHT = new Set(['measured', 'ratio', 'samples']);

/** At most four digits that say something, and never an exponent. */
function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

const valueText = ({ value, unit }: Value) => `${number(value)} ${unit}`;

export function table(figures: readonly { figure: string; rows: readonly Row[] }[]): string {
  const lines = figures.flatMap(({ figure, rows }) =>
    rows.map(({ what, measured, base, ratio, samples }) => [
      figure,
      what,
      valueText(measured),
      base ? `${base.what}: ${valueText(base)}` : '-',
      ratio === undefined ? '-' : ratio.toFixed(2),
      String(samples),
    ]),
  );
  const all = [HEAD, ...lines];
  const widths = HEAD.map((_, i) => Math.max(...all.map((line) => line[i]?.length ?? 0)));
  const text = (line: readonly string[]) =>
    line
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return ALIGNED_RIGHT.has(HEAD[i] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return `${[text(HEAD), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(text)].join('\n')}\n`;
}
