// `npm run icons`: the SVG sources of the mark and the banner → the PNGs that the Worker serves, in the pixel sizes that
// the Google Workspace Marketplace asks for. Run it after a change of a source, and commit both.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import { launch } from '../browser/launch.ts';

const ART = fileURLToPath(new URL('../../src/setup/marketplace/art/', import.meta.url).href);
const PICTURES = [
  ...[32, 48, 96, 128].map((side) => ({
    source: 'icon',
    name: `icon-${side}`,
    width: side,
    height: side,
  })),
  { source: 'banner', name: 'banner-220x140', width: 220, height: 140 },
];

const program = process.env['CHROME_PATH'] || (await sparticuz.executablePath());
const profiles = mkdtempSync(join(tmpdir(), 'rollcall-icons-'));
const browser = await launch({ program, profiles });
try {
  for (const { source, name, width, height } of PICTURES) {
    const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 1 });
    const svg = readFileSync(join(ART, `${source}.svg`), 'utf8');
    await page.setContent(
      `<style>body { margin: 0 } svg { display: block; width: 100vw }</style>${svg}`,
    );
    // Outside its round corners the mark is transparent.
    const picture = await page.screenshot({ omitBackground: true });
    writeFileSync(join(ART, `${name}.png`), picture);
    process.stdout.write(`${name}.png  ${width} × ${height}  ${picture.length} bytes\n`);
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(profiles, { recursive: true, force: true, maxRetries: 5 });
}
