// What everybody may open without a cookie: the listing's pictures, and the pages that a listing must link to.
import { Hono } from 'hono';
import type { AppEnv } from '../../config.ts';
import { BANNER, ICONS, MARK } from './artwork.ts';
import { privacyPage } from './privacy-page.tsx';
import { PRIVACY_PATH, SUPPORT_PATH, TERMS_PATH } from './public-page.tsx';
import { supportPage } from './support-page.tsx';
import { termsPage } from './terms-page.tsx';
import { VENDOR } from './vendor.ts';

// The addresses never change, so that a picture may: a week, and not for ever.
const PICTURES_KEPT = 'public, max-age=604800';
const PAGE = { 'cache-control': 'public, max-age=300' };

/** Mounted at the root. */
export const publicPages = new Hono<AppEnv>();

for (const { path, bytes } of [...ICONS, BANNER]) {
  publicPages.get(path, (c) =>
    c.body(bytes, 200, { 'content-type': 'image/png', 'cache-control': PICTURES_KEPT }),
  );
}
publicPages.get(MARK.path, (c) =>
  c.body(MARK.svg, 200, { 'content-type': 'image/svg+xml', 'cache-control': PICTURES_KEPT }),
);

publicPages
  .get(PRIVACY_PATH, (c) => c.html(privacyPage(c.get('config'), VENDOR), 200, PAGE))
  .get(TERMS_PATH, (c) => c.html(termsPage(VENDOR), 200, PAGE))
  .get(SUPPORT_PATH, (c) => c.html(supportPage(VENDOR), 200, PAGE));
