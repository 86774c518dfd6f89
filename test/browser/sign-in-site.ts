// Both sides of a sign-in, as on a laptop, for one test file: the real Worker in workerd at localhost, and at another
// port of localhost a Workspace that signs people in and tells the Worker of changes. Its team page, which embeds the
// app, is opened at 127.0.0.1: to a browser that is another site.
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { expect, vi } from 'vitest';
import { createTestHarness } from 'wrangler';
import type { GoogleUser } from '../google/person.ts';
import { type ServedGoogle, serveGoogle } from '../google/server.ts';
import type { Workspace } from '../google/workspace.ts';
import { APP_SECRET, aKeyFile } from '../unit/environment.ts';
import { aSite, HTML, NO_ICON } from './a-site.ts';

const CONFIG = fileURLToPath(new URL('../../wrangler.toml', import.meta.url).href);
const IN_STEP_WITHIN_MS = 30_000;

export interface SignInSite {
  /** Origin of the Worker. */
  app: string;
  served: ServedGoogle;
  /** A page on another site with the app in a frame. */
  team: string;
  /** The same page by the app's own host name: in a browser's eyes another site than `team`. */
  neighbour: string;
  /** A page on the same site as `team` that may frame the app, too, and forbids itself nothing. */
  embedder: string;
  /** Somebody new in the company, of whom the app has heard nothing. */
  newcomer(fields?: Partial<Pick<GoogleUser['name'], 'givenName' | 'familyName'>>): GoogleUser;
  /** The Worker's database, to set what would take its time: a row's age, a check's. */
  database(): Promise<D1Database>;
  /** Signs accounts in at Google in this browser, without a page. */
  atGoogle(context: BrowserContext, ...ids: string[]): Promise<void>;
  close(): Promise<void>;
}

const settings = (vars: Record<string, string>) => ({
  workers: [{ configPath: CONFIG, secrets: vars }],
});

interface SiteOptions {
  /** The import pass began so long ago: another one can be asked for at once, and none in the same minute. */
  importedAgoMs?: number;
  /** Puts people into the company before the app hears of any. */
  people?: (workspace: Workspace) => void;
  /** Passes don't wait half a minute before they believe that somebody is missing. */
  isHasty?: boolean;
}

export async function startSignInSite(options: SiteOptions = {}): Promise<SignInSite> {
  const { importedAgoMs = 0, people, isHasty = false } = options;
  const required = {
    PUBLIC_URL: 'http://localhost',
    GOOGLE_ADMIN_EMAIL: 'admin@example.test',
    GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile(),
    APP_SECRET,
  };
  const worker = createTestHarness(settings(required));
  // The port is known only now, and stays. The harness calls itself 127.0.0.1, which is the other site here.
  const app = `http://localhost:${(await worker.listen()).url.port}`;
  const oauthClient = {
    clientId: '100000000001-browser.apps.googleusercontent.com',
    clientSecret: 'GOCSPX-browser-R7q2Lx9vTz',
    redirectUris: [`${app}/auth/callback`],
  };
  const served = await serveGoogle({ port: 0, appOrigin: app, oauthClient });
  people?.(served.google.workspace);
  const frame = `<iframe src="${app}/embed/sample" title="Rollcall" width="600" height="400"></iframe>`;
  const embedder = await aSite(HTML, `<!doctype html>${NO_ICON}<title>Embedder</title>${frame}`);
  const elsewhere = served.url.replace('localhost', '127.0.0.1');
  const vars = {
    ...required,
    PUBLIC_URL: app,
    GOOGLE_SERVICE_ACCOUNT_KEY: served.google.serviceAccountKey,
    GOOGLE_API_ORIGIN: served.url,
    GOOGLE_ISSUER: served.url,
    GOOGLE_CLIENT_ID: oauthClient.clientId,
    GOOGLE_CLIENT_SECRET: oauthClient.clientSecret,
    EMBED_ANCESTORS: [elsewhere, served.url, new URL(embedder).origin].join(' '),
  };
  await worker.update(settings(vars));
  await worker.getWorker().applyD1Migrations('DB');
  const passes = isHasty ? await worker.getWorker().introspectWorkflow('RECONCILE') : null;
  await passes?.modifyAll((pass) => pass.disableSleeps());
  // One cron opens the channels and brings everybody in.
  const scheduledTime = new Date(Date.now() - importedAgoMs);
  await worker.getWorker().scheduled({ cron: '*/5 * * * *', scheduledTime });
  await vi.waitFor(
    async () =>
      expect(await (await fetch(`${app}/healthz/sync`)).json()).toMatchObject({ ok: true }),
    { timeout: IN_STEP_WITHIN_MS },
  );

  let newcomers = 0;
  return {
    app,
    served,
    team: `${elsewhere}/sites/team`,
    neighbour: `${served.url}/sites/team`,
    embedder,
    newcomer(fields = {}) {
      newcomers += 1;
      const primaryEmail = `newcomer-${newcomers}@example.test`;
      const name = { givenName: 'Nia', familyName: `Newcomer ${newcomers}`, ...fields };
      return served.google.workspace.add({ primaryEmail, ...name });
    },
    atGoogle: (context, ...ids) => {
      const cookie = { name: 'google_accounts', value: ids.join('.'), url: served.url };
      return context.addCookies([{ ...cookie, httpOnly: true, sameSite: 'Lax' }]);
    },
    database: async () => (await worker.getWorker<{ DB: D1Database }>().getEnv()).DB,
    async close() {
      await passes?.dispose();
      await worker.close();
      await served.close();
    },
  };
}
