// What a figure is: rows of measured values with their unit, their number of samples and a base from the
// same run. A figure runs in a process of its own and hands its rows over on standard output.

export interface Value {
  value: number;
  unit: string;
}

export interface Row {
  what: string;
  measured: Value;
  /** What it is held against, measured in the same run. */
  base?: Value & { what: string };
  /** measured ÷ base, unless it was measured otherwise. */
  ratio?: number;
  samples: number;
}

/** What a figure hands over: rows, and what else is to be printed, in Markdown. */
export interface Figure {
  rows: Row[];
  markdown?: string;
}

/** Words about the progress go to standard error. */
export const say = (text: string) => process.stderr.write(`  ${text}\n`);

/** Ends the process, whatever still runs in it; its leash stops the children. */
export async function runFigure(
  measure: (temporary: string) => Promise<Row[] | Figure>,
): Promise<never> {
  const [temporary] = process.argv.slice(2);
  if (temporary === undefined) throw new TypeError('a figure is run by bench.ts');
  const measured = await measure(temporary);
  const figure: Figure = Array.isArray(measured) ? { rows: measured } : measured;
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(figure)}\n`, resolve));
  process.exit(0);
}
