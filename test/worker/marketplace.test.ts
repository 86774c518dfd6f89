// The Marketplace kit: what Google's forms ask for is there, filled in and within its limits; the pages and pictures that
// a listing links to are public, and say who is responsible only once somebody has.
import { createExecutionContext } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { type Env, parseConfig } from '../../src/config.ts';
import worker from '../../src/index.ts';
import { BANNER, ICONS } from '../../src/setup/marketplace/artwork.ts';
import { appConfiguration, appDetails, supportLinks } from '../../src/setup/marketplace/fields.ts';
import { LIMITS } from '../../src/setup/marketplace/listing-text.ts';
import {
  type MarketplaceConfig,
  marketplacePage,
} from '../../src/setup/marketplace/marketplace-page.tsx';
import { privacyPage } from '../../src/setup/marketplace/privacy-page.tsx';
import { supportPage } from '../../src/setup/marketplace/support-page.tsx';
import { termsPage } from '../../src/setup/marketplace/terms-page.tsx';
import { missingOf, VENDOR, type Vendor } from '../../src/setup/marketplace/vendor.ts';
import { readPng } from './marketplace-picture.ts';
import { env } from './world.ts';

const ORIGIN = 'https://people.rollcall.example';
const DIRECTORY_SCOPE = 'https://www.googleapis.com/auth/admin.directory.user.readonly';
const NOBODY: Vendor = {
  name: null,
  address: null,
  website: null,
  supportEmail: null,
  isTrader: null,
};
const SOMEBODY: Vendor = {
  name: 'Example Studio',
  address: '1 Example Street\nExampletown',
  website: 'https://studio.example',
  supportEmail: 'help@studio.example',
  isTrader: false,
};
const SCRIPT = '<script>alert(1)</script>';
const HOSTILE: Vendor = {
  name: `${SCRIPT}"'&`,
  address: `${SCRIPT}\n<img src=x onerror=alert(1)>`,
  website: 'javascript:alert(1)',
  supportEmail: '"><script>alert(1)</script>@x',
  isTrader: true,
};

const CONFIG: MarketplaceConfig = {
  publicUrl: new URL(ORIGIN),
  oauthClient: { id: '100000000001-web.apps.googleusercontent.com' },
  serviceAccount: {
    clientId: '100000000000000000001',
    projectId: 'rollcall-test',
  },
};
const nav = [{ href: '/setup/marketplace', label: 'Marketplace kit' }];
const kit = async (config: Partial<MarketplaceConfig> = {}, vendor: Vendor = SOMEBODY) =>
  String(
    await marketplacePage({ config: { ...CONFIG, ...config }, nav, who: 'Ada Example', vendor }),
  );

const ask = (path: string, init: RequestInit = {}, bindings: Env = env) =>
  worker.fetch(
    new Request(new URL(path, ORIGIN), init) as never,
    bindings,
    createExecutionContext(),
  );
const all = (html: string, pattern: RegExp) =>
  [...html.matchAll(pattern)].map(([, one = '']) => one);
const valuesOf = (html: string) => all(html, /<code class="value" id="[^"]+">([\s\S]*?)<\/code>/g);

describe('the Marketplace kit', () => {
  test('has every value that Google’s forms ask for, with the configured address', async () => {
    const values = valuesOf(await kit());
    for (const value of [
      `${ORIGIN}/auth/login?silent=1&amp;return_to=/`,
      'openid',
      'https://www.googleapis.com/auth/userinfo.email',
      'https://www.googleapis.com/auth/userinfo.profile',
      'Example Studio',
      'https://studio.example',
      'help@studio.example',
      '1 Example Street\nExampletown',
      'Rollcall',
      `${ORIGIN}/terms`,
      `${ORIGIN}/privacy`,
      `${ORIGIN}/support`,
      '100000000000000000001',
      DIRECTORY_SCOPE,
    ])
      expect(values).toContain(value);
  });

  test('asks in the order of the forms', async () => {
    const html = await kit();
    const asked = html.slice(html.indexOf('id="configuration"'), html.indexOf('4. Publish'));
    expect(all(asked, /<(?:dt|h3)>([^<]+)/g).map((label) => label.trim())).toEqual([
      ...['Who can see and install it', 'App visibility', 'Installation settings'],
      ...['App integrations', 'Integration', 'Universal Navigation URL'],
      ...['OAuth scopes', 'Scope 1 of 3', 'Scope 2 of 3', 'Scope 3 of 3'],
      ...['Developer information', 'Trader status', 'Developer name', 'Developer website URL'],
      ...['Developer email', 'Address'],
      ...['App details', 'Language', 'Application name', 'Short description'],
      ...['Detailed description', 'Category', 'Pricing'],
      ...['Graphic assets', 'Screenshots'],
      ...['Support links', 'Terms of service', 'Privacy policy', 'Support'],
      ...['Distribution', 'Regions'],
    ]);
  });

  test('stays within the limits of the forms, and shows them', async () => {
    const limited = appDetails().fields.filter(({ limit }) => limit !== undefined);
    expect(limited.map(({ limit }) => limit)).toEqual([50, 200, 15_999]);
    for (const { value, limit } of limited) {
      expect(value?.length).toBeGreaterThan(0);
      expect(value?.length).toBeLessThanOrEqual(limit ?? 0);
    }
    const html = await kit();
    expect(html).toContain(`8 of ${LIMITS.name} characters`);
    expect(html).toContain('of 15,999 characters');
    expect(html).not.toContain('class="tag bad"');
  });

  test('names no Google product in the name', () => {
    const name = appDetails().fields.find(({ label }) => label === 'Application name')?.value;
    expect(name).not.toMatch(/google|workspace|gmail|drive/i);
  });

  test('gives only absolute https addresses to paste', () => {
    const fields = [...appConfiguration(CONFIG.publicUrl, SOMEBODY), supportLinks(CONFIG.publicUrl)]
      .flatMap((group) => group.fields)
      .filter(({ how, value }) => how === 'paste' && /[:/]/.test(value ?? ''));
    expect(fields.length).toBeGreaterThanOrEqual(7);
    for (const { value } of fields) expect(value).toMatch(/^https:\/\/[^/]+/);
  });

  test('has one id for each value, and a button for each id', async () => {
    const html = await kit();
    const ids = all(html, /\bid="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    const copied = all(html, /data-copy="([^"]+)"/g);
    expect(copied.length).toBe(valuesOf(html).length);
    for (const id of copied) expect(ids).toContain(id);
  });

  test('offers every picture at its size, to look at and to download', async () => {
    const html = await kit();
    for (const { path, width, height } of [...ICONS, BANNER]) {
      expect(html).toContain(`<img src="${path}" width="${width}" height="${height}" alt=""/>`);
      expect(html).toContain(`href="${path}" download="${path.slice('/icons/'.length)}"`);
    }
  });

  test('leads to the project’s own pages in the Cloud console', async () => {
    const sdk = 'appsmarket-component.googleapis.com';
    const at = 'https://console.cloud.google.com/apis';
    const html = await kit();
    expect(html).toContain(`href="${at}/library/${sdk}?project=rollcall-test"`);
    expect(html).toContain(`href="${at}/api/${sdk}/googleapps_sdk?project=rollcall-test"`);
    expect(html).toContain(`href="${at}/api/${sdk}/googleapps_sdk_publish?project=rollcall-test"`);
    const other = await kit({ serviceAccount: { clientId: null, projectId: null } });
    expect(other).not.toContain('?project=');
    expect(other).toContain('in the service account’s key file');
  });

  test('says what is left to do, and nothing when nothing is', async () => {
    expect(await kit()).not.toContain('To do');
    const html = await kit(
      { publicUrl: new URL('http://localhost:8787'), oauthClient: undefined },
      NOBODY,
    );
    expect(html).toContain('src/setup/marketplace/vendor.ts');
    expect(html).toContain('name, address, website, support e-mail, trader status');
    expect(html).toContain('Google takes only https addresses');
    expect(html).toContain('GOOGLE_CLIENT_ID');
    expect(await kit({}, { ...SOMEBODY, address: '' })).toContain('It lacks: address.');
  });

  test('says what nobody has confirmed', async () => {
    const html = await kit();
    expect(html).toContain('Not confirmed');
    expect(html).toMatch(/Whether an install for the domain still sets up delegation/);
  });

  test('takes the whole configuration, and shows nothing secret of it', async () => {
    const parsed = parseConfig({
      ...env,
      GOOGLE_CLIENT_ID: '100000000001-web.apps.googleusercontent.com',
      GOOGLE_CLIENT_SECRET: 'GOCSPX-marketplace-7Yq2Lx9v',
    });
    if (!parsed.ok) throw new Error('the test’s configuration is not valid');
    const html = String(await marketplacePage({ config: parsed.config, nav, who: null }));
    const { appSecret, adminEmails, serviceAccount } = parsed.config;
    for (const secret of [
      appSecret,
      'GOCSPX',
      'PRIVATE KEY',
      serviceAccount.privateKeyId,
      ...adminEmails,
    ])
      expect(html).not.toContain(secret);
  });

  test('shows a hostile vendor as text', async () => {
    const html = await kit({}, HOSTILE);
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('href="javascript:');
    expect(html).toContain('&lt;script&gt;');
  });
});

describe('the public pages', () => {
  const config = {
    eventMs: 90 * 86_400_000,
    tombstoneMs: 86_400_000,
    sessionTtlMs: 12 * 3_600_000,
  };
  const render = {
    '/privacy': (vendor: Vendor) => privacyPage(config, vendor),
    '/terms': termsPage,
    '/support': supportPage,
  };
  const pages = Object.entries(render);

  test.each(pages)(
    '%s says that it is a template until the vendor is complete',
    async (_, page) => {
      expect(String(await page(NOBODY))).toContain('This page is a template');
      expect(String(await page({ ...SOMEBODY, isTrader: null }))).toContain('is a template');
      const complete = String(await page(SOMEBODY));
      expect(complete).not.toContain('template');
      expect(complete).toContain('Example Studio');
      expect(complete).toContain('1 Example Street');
      expect(complete).toContain('href="mailto:help@studio.example"');
      expect(complete).toContain('href="https://studio.example/"');
    },
  );

  test.each(pages)('%s shows a hostile vendor as text', async (_, page) => {
    const html = String(await page(HOSTILE));
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img src=x');
    expect(html).not.toMatch(/href="(javascript|mailto):/);
    expect(html).toContain('&lt;script&gt;');
  });

  test.each(pages)('%s is open to everybody, under our headers', async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(response.headers.get('set-cookie')).toBeNull();
    const csp = response.headers.get('content-security-policy') ?? '';
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toContain('unsafe');
    const html = await response.text();
    expect(html).not.toContain('admin@example.test');
    expect(html).not.toMatch(/<style|\sstyle=|<script(?! src=)/);
    for (const other of Object.keys(render)) expect(html).toContain(`href="${other}"`);
    expect(html.includes('This page is a template')).toBe(missingOf(VENDOR).length > 0);
  });

  test('the privacy policy has Google’s Limited Use statement and the configured times', async () => {
    const html = String(await privacyPage(config, SOMEBODY)).replace(/<[^>]+>|\s+/g, ' ');
    const text = html.replace(/\s+/g, ' ').replace(/ ,/g, ',');
    expect(text).toContain(
      'Rollcall’s use and transfer to any other app of information received from Google APIs adheres to the Google API Services User Data Policy, including the Limited Use requirements.',
    );
    expect(text).toContain('gone from the directory: 1 day,');
    expect(text).toContain('administrators did: 90 days.');
    expect(text).toContain('at most 12 hours.');
    const deployed = await (await ask('/privacy', {}, { ...env, EVENT_DAYS: '7' })).text();
    expect(deployed).toContain('7 days');
  });
});

describe('the pictures', () => {
  test.each([...ICONS, BANNER])('$path has its size, and shows the mark', async (picture) => {
    const response = await ask(picture.path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('public, max-age=604800');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('set-cookie')).toBeNull();
    const { width, height, colours } = await readPng(await response.arrayBuffer());
    expect([width, height]).toEqual([picture.width, picture.height]);
    expect(picture.path).toContain(width === height ? `-${width}.` : `-${width}x${height}.`);
    const area = width * height;
    expect((colours.get('11,122,75,255') ?? 0) / area).toBeGreaterThan(0.4);
    expect((colours.get('255,255,255,255') ?? 0) / area).toBeGreaterThan(0.03);
  });

  test('the mark is an SVG, and the icon of every page', async () => {
    const response = await ask('/icons/icon.svg');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(await response.text()).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(response.headers.get('content-security-policy')).toContain("img-src 'self'");
    const link = '<link rel="icon" href="/icons/icon.svg" type="image/svg+xml"/>';
    for (const path of ['/', '/terms']) expect(await (await ask(path)).text()).toContain(link);
  });

  test('of other names are not there', async () => {
    expect((await ask('/icons/icon-16.png')).status).toBe(404);
    expect((await ask('/icons/')).status).toBe(404);
  });
});
