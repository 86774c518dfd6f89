// A page in the hands of somebody without a mouse: what Tab reaches, in which order, and whether one sees where one is.
import type { Page } from 'playwright-core';

const MOST_STOPS = 400;

// Text, since the tests are compiled without the DOM. Names elements by where they are and what they say.
const KNOWN = `
  const CLICKABLE = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';
  // Tab reaches a group of radio buttons once; the arrow keys go on within.
  const isReached = (one) => one.type !== 'radio' || one.checked;
  const stops = [...document.querySelectorAll(CLICKABLE)].filter(
    (one) => !one.disabled && one.tabIndex >= 0 && one.getClientRects().length > 0 && isReached(one) &&
      // What is folded away has a size all the same.
      one.checkVisibility(),
  );
  const nameOf = (one) => stops.indexOf(one) + ' ' + one.tagName + ' ' +
    (one.ariaLabel ?? one.textContent ?? '').trim().slice(0, 40);
`;
const LIST = `(() => { ${KNOWN} return stops.map(nameOf); })()`;
const WHERE = `(() => {
  ${KNOWN}
  const at = document.activeElement;
  if (at === null || at === document.body || at === document.documentElement) return null;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const ring = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none';
  // Of what is taller than the window the beginning counts; a sticky bar must not lie over it.
  const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 20)];
  const top = document.elementFromPoint(x, y);
  const isSeen = top !== null && (at.contains(top) || top.contains(at));
  return { name: nameOf(at), isFocusVisible: ring && isSeen };
})()`;

/** Presses Tab from the top of a page to its end. @returns everything that is wrong with it */
export async function keyboardFaults(page: Page): Promise<string[]> {
  const expected = (await page.evaluate(LIST)) as string[];
  const reached: string[] = [];
  const faults: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const at = (await page.evaluate(WHERE)) as { name: string; isFocusVisible: boolean } | null;
    if (at === null || at.name === reached[0]) break;
    // A date has stops of its own: day, month, year, calendar.
    if (at.name !== reached.at(-1)) reached.push(at.name);
    if (!at.isFocusVisible) faults.push(`focus is not seen: ${at.name}`);
  }
  if (JSON.stringify(reached) !== JSON.stringify(expected))
    faults.push(`Tab reached ${JSON.stringify(reached)}, of ${JSON.stringify(expected)}`);
  if (!/^0 A Skip to the content$/.test(reached[0] ?? ''))
    faults.push(`the first stop is ${reached[0]}`);
  return faults;
}

/** Where the keyboard is after the skip link, and one more Tab: inside <main>, unless that has nothing to stop at. */
export async function skips(page: Page): Promise<boolean> {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const isThere = await page.evaluate(`location.hash === '#main'`);
  await page.keyboard.press('Tab');
  return (
    isThere === true &&
    (await page.evaluate(`(() => {
      const main = document.querySelector('main');
      const isIn = main.contains(document.activeElement);
      return isIn || main.querySelector('a[href], button, input, [tabindex]') === null;
    })()`)) === true
  );
}
