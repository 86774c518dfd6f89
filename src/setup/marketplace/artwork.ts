// The pictures of a listing, as the Worker serves them. Their sources are art/*.svg; `npm run icons` renders the PNGs.
// Modules, and not Workers static assets: those are answered before our code, and so without our headers.
import banner from './art/banner-220x140.png';
import mark from './art/icon.svg';
import icon32 from './art/icon-32.png';
import icon48 from './art/icon-48.png';
import icon96 from './art/icon-96.png';
import icon128 from './art/icon-128.png';

export interface Picture {
  path: string;
  width: number;
  height: number;
  bytes: ArrayBuffer;
}

/** wrangler.toml makes PNGs bytes; the types that the tests' bundler brings along call every picture an address. */
const picture = (path: string, width: number, height: number, imported: unknown): Picture => ({
  path,
  width,
  height,
  bytes: imported as ArrayBuffer,
});

/**
 * What the listing of a web app needs; 16 pixels, which the Chrome Web Store wanted, are not asked for any more.
 * https://developers.google.com/workspace/marketplace/create-listing
 */
export const ICONS: readonly Picture[] = [
  picture('/icons/icon-32.png', 32, 32, icon32),
  picture('/icons/icon-48.png', 48, 48, icon48),
  picture('/icons/icon-96.png', 96, 96, icon96),
  picture('/icons/icon-128.png', 128, 128, icon128),
];

export const BANNER: Picture = picture('/icons/banner-220x140.png', 220, 140, banner);

/** The mark as a picture of any size; every page's icon (see src/page/). */
export const MARK = { path: '/icons/icon.svg', svg: mark };
