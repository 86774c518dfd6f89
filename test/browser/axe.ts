// What axe objects to on a page.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright-core';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** As `rule: element`. Injected from outside, so that the CSP stays what it is. */
export async function objections(at: Page | Frame): Promise<string[]> {
  await at.evaluate(AXE);
  const { violations } = (await at.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
