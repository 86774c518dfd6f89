// How a page looks to people: light and dark, at a desk and on a phone. Each is photographed, for whoever wants to see
// what the tests saw: .wrangler/screenshots/.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { objections } from './axe.ts';
import { overhang, PHONE } from './browser.ts';

const FOLDER = fileURLToPath(new URL('../../.wrangler/screenshots/', import.meta.url).href);
export const DESK = { width: 1280, height: 900 };
const SIZES = { desk: DESK, phone: PHONE } as const;
const SCHEMES = ['light', 'dark'] as const;
/** Both sizes and both schemes; rules don't depend on how they are combined. */
const ASKED_OF_AXE: readonly string[] = ['desk-light', 'phone-dark'];

/** Photographs the page in all its looks. @returns what is wrong with any of them */
export async function appearanceFaults(page: Page, name: string): Promise<string[]> {
  mkdirSync(FOLDER, { recursive: true });
  const faults: string[] = [];
  const session = await page.context().newCDPSession(page);
  // As on a phone, where they lie over the page.
  await session.send('Emulation.setScrollbarsHidden', { hidden: true });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const look = `${size}-${colorScheme}`;
      await page.screenshot({ path: `${FOLDER}${name}-${look}.png`, fullPage: true });
      if (!ASKED_OF_AXE.includes(look)) continue;
      for (const fault of await objections(page)) faults.push(`${look} ${fault}`);
    }
    const pixels = await overhang(page);
    if (pixels > 0) faults.push(`${size}: sticks out by ${pixels} px`);
  }
  await session.detach();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESK);
  return faults;
}
