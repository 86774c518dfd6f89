// What a sign-in asks of D1, with 10,000 people and as many live sessions in it: statements, round trips, and the rows
// that D1's own `meta` says were read and written, indexes and triggers included. The product's Worker runs in workerd
// with a D1 binding that counts. A browser's part is played here, from /auth/login over Google to /auth/callback; all
// requests of one sign-in to the product are added up. Exact counts, no times.
import { ACCOUNTS_COOKIE } from '../google/openid/browser-accounts.ts';
import type { GoogleUser } from '../google/person.ts';
import { serveGoogle } from '../google/server.ts';
import { COUNTS_HEADER, type D1Counts } from './counting-d1.ts';
import { type Row, runFigure } from './figure.ts';
import { type Harnessed, startHarness } from './harness.ts';
import { hire, importPeople, startSessions, userIds } from './people.ts';
import { makeVars, ROOT, writeProductConfig } from './settings.ts';

const PEOPLE = 10_000;
const TIMES = 20;
const PUBLIC_URL = 'http://localhost:8787';
const OAUTH_CLIENT = {
  clientId: '100000000001-bench.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-bench-R7q2Lx9vTz',
  redirectUris: [`${PUBLIC_URL}/auth/callback`],
};

type Numbers = Omit<D1Counts, 'rowsWrittenTo'>;
const nothing = (): Numbers => ({ statements: 0, roundTrips: 0, rowsRead: 0, rowsWritten: 0 });

function add(to: Numbers, cost: Numbers): void {
  for (const name of Object.keys(to) as (keyof Numbers)[]) to[name] += cost[name];
}

/** A browser's jar, and what its requests to the product have cost. */
class Browser {
  readonly #product: Harnessed;
  readonly #cookies = new Map<string, string>();
  readonly cost = nothing();

  constructor(product: Harnessed, session: string | null = null) {
    this.#product = product;
    if (session !== null) this.#cookies.set('session', session);
  }

  async ask(target: string) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const init = { redirect: 'manual', headers: { cookie } } as const;
    const { href } = new URL(target, PUBLIC_URL);
    const response = await this.#product.worker.fetch(href, init);
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    add(this.cost, JSON.parse(response.headers.get(COUNTS_HEADER) ?? ''));
    return response;
  }

  async signIn({ id }: GoogleUser): Promise<void> {
    const login = await this.ask('/auth/login');
    // Signed in at Google already: it answers with the way back.
    const google = await fetch(login.headers.get('location') ?? '', {
      redirect: 'manual',
      headers: { cookie: `${ACCOUNTS_COOKIE}=${id}` },
    });
    const callback = await this.ask(google.headers.get('location') ?? '');
    if (callback.status !== 302) throw new Error(`the callback answered ${callback.status}`);
  }

  async isSignedIn({ id }: GoogleUser): Promise<void> {
    const response = await this.ask('/auth/session');
    const { user } = (await response.json()) as { user?: { id: string } };
    if (user?.id !== id) throw new Error(`not signed in: ${response.status}`);
  }
}

async function measure(temporary: string): Promise<Row[]> {
  const { url, google } = await serveGoogle({ port: 0, seed: false, oauthClient: OAUTH_CLIENT });
  hire(google.workspace, PEOPLE);
  const vars = makeVars({
    publicUrl: PUBLIC_URL,
    googleUrl: url,
    adminEmail: google.workspace.adminEmail,
    serviceAccountKey: google.serviceAccountKey,
  });
  const config = writeProductConfig(`${temporary}/rollcall`, [
    [/^main = .*$/m, `main = "${ROOT}test/bench/counting-worker.ts"`],
  ]);
  const product = await startHarness(config, {
    ...vars,
    // No channels: nobody listens for their pushes.
    CHANNEL_EVENTS: '',
    GOOGLE_ISSUER: url,
    GOOGLE_CLIENT_ID: OAUTH_CLIENT.clientId,
    GOOGLE_CLIENT_SECRET: OAUTH_CLIENT.clientSecret,
  });
  const d1 = await importPeople(product, PEOPLE);
  const tokens = await startSessions(d1, await userIds(d1));
  const known = google.workspace.users.slice(0, TIMES);
  // In the directory only: hired a moment ago, and the push hasn't come yet.
  const strangers = google.workspace.addMany(TIMES, { push: false, prefix: 'newcomer' });

  const withSession = ({ id }: GoogleUser) => new Browser(product, tokens.get(id) ?? null);
  const asked = nothing();
  for (const person of known) {
    const browser = withSession(person);
    await browser.isSignedIn(person);
    add(asked, browser.cost);
  }
  const signIns = {
    'known person': await costOf(known, () => new Browser(product)),
    'known person, replacing a session': await costOf(known, withSession),
    'stranger in the directory': await costOf(strangers, () => new Browser(product)),
  };
  return [
    ...Object.entries(signIns).flatMap(([what, cost]) =>
      rowsOf(`sign-in, ${what}`, 'sign-ins', cost),
    ),
    ...rowsOf('GET /auth/session, signed in', 'requests', asked),
  ];
}

/** What as many sign-ins cost together; each is checked afterwards. */
async function costOf(
  people: readonly GoogleUser[],
  browserOf: (person: GoogleUser) => Browser,
): Promise<Numbers> {
  const sum = nothing();
  for (const person of people) {
    const browser = browserOf(person);
    await browser.signIn(person);
    add(sum, browser.cost);
    await browser.isSignedIn(person);
  }
  return sum;
}

function rowsOf(what: string, times: string, cost: Numbers): Row[] {
  const row = (name: keyof Numbers, words: string, unit: string): Row => ({
    what: `${what}: D1 ${words}`,
    measured: { value: cost[name], unit },
    base: { what: times, value: TIMES, unit: times },
    ratio: cost[name] / TIMES,
    samples: TIMES,
  });
  return [
    row('statements', 'statements', 'statements'),
    row('roundTrips', 'round trips', 'trips'),
    row('rowsRead', 'rows read', 'rows'),
    row('rowsWritten', 'rows written', 'rows'),
  ];
}

await runFigure(measure);
