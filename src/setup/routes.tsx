// The set-up's routes: /setup and below. They work while the configuration is broken, and then only say what is wrong.
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { setCookie } from 'hono/cookie';
import {
  type AppEnv,
  DEFAULT_DIRECTORY_ID,
  type Env,
  type ParsedConfig,
  parseConfig,
} from '../config.ts';
import { DatabaseError, openDatabase } from '../db/database.ts';
import type { ActionName } from '../db/operator-actions.ts';
import { keepSetupFindings, readSetupFindings, takeCheckTurn } from '../db/setup.ts';
import { errorCode, log } from '../log.ts';
import { formFields } from '../page/form-fields.ts';
import { failurePage, nothingHerePage } from '../page/notices.tsx';
import { navOf, SETUP_PATH } from '../page/operator-nav.ts';
import { Said, saying } from '../page/said.tsx';
import { limited } from '../sso/limit.ts';
import { crossOrigin, isSameOrigin } from '../sso/request-origin.ts';
import { nameOf } from '../sso/session.ts';
import { type Ended, operatorAction } from '../sync/operator-action.ts';
import { SURROUNDINGS, syncPorts } from '../sync/ports.ts';
import { startPassIn, startPassNow } from '../sync/start-pass.ts';
import { checkDatabase, databaseFinding } from './checks/database.ts';
import { type DoctorWorld, examine, withNews } from './doctor.ts';
import { authorityOf, openVisit, type Visitor, visitorOf } from './door.ts';
import { type Finding, parseFindings } from './finding.ts';
import { isSetupToken, type SetupAuthority } from './link.ts';
import { marketplacePage } from './marketplace/marketplace-page.tsx';
import { doctorPage } from './pages/doctor-page.tsx';
import {
  closedDoorPage,
  doorUnavailablePage,
  elsewherePage,
  linkOverPage,
  openPage,
} from './pages/open-page.tsx';
import { namesGroups, valuesToPaste } from './values.ts';

/** Findings from further in the future than clocks differ are nobody's. */
const AHEAD_MS = 5 * 60_000;
const MAX_FORM_BYTES = 4 * 1024;

interface SetupEnv {
  Bindings: Env;
  Variables: AppEnv['Variables'] & {
    parsed: ParsedConfig;
    authority: SetupAuthority;
    /** Whoever the door has let in. */
    visitor: Exclude<Visitor, { kind: 'stranger' }>;
  };
}
type SetupContext = Context<SetupEnv>;

const canSignIn = (c: SetupContext) => {
  const parsed = c.get('parsed');
  return parsed.ok && parsed.config.oauthClient !== undefined;
};

/** Where the configuration has come to; without a usable APP_SECRET nobody could be told from a stranger. */
const knowing: MiddlewareHandler<SetupEnv> = async (c, next) => {
  const parsed = parseConfig(c.env);
  const authority = authorityOf(c.env, parsed, c.req.url);
  if (authority === null) return c.json({ ok: false, reason: 'configuration' }, 503);
  // app.tsx has looked already where the configuration is whole.
  const reachedAt = new URL(c.req.url);
  if (reachedAt.host !== new URL(authority.origin).host)
    return c.html(elsewherePage(reachedAt.origin), 421);
  c.set('parsed', parsed);
  c.set('authority', authority);
  c.header('cache-control', 'no-store');
  return next();
};

const ownPagesOnly: MiddlewareHandler<SetupEnv> = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
  return isSameOrigin(c.req.raw.headers, c.get('authority').origin) ? next() : crossOrigin(c);
};

/** Lets super admins and the bearer of an open visit in. */
const door: MiddlewareHandler<SetupEnv> = async (c, next) => {
  let visitor: Visitor;
  try {
    visitor = await visitorOf(c.env, c.get('authority'), c.req.header('cookie'));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const requestId = c.get('requestId');
    log('error', 'setup.unavailable', { requestId, code: error.code });
    return c.html(doorUnavailablePage(requestId), 503);
  }
  if (visitor.kind === 'stranger') {
    const { session } = visitor;
    const name = session && nameOf(session);
    return c.html(closedDoorPage({ canSignIn: canSignIn(c), name }), session ? 403 : 401);
  }
  c.set('visitor', visitor);
  return next();
};

/** Everything below needs the whole configuration: checking and starting talk to Google. */
const configured: MiddlewareHandler<SetupEnv> = async (c, next) => {
  const parsed = c.get('parsed');
  if (!parsed.ok) return c.redirect(new URL(SETUP_PATH, c.get('authority').origin).href, 303);
  c.set('config', parsed.config);
  return next();
};

function doctorWorld(c: SetupContext): DoctorWorld {
  const parsed = c.get('parsed');
  const deployed = parsed.ok ? { ports: syncPorts(c.env, parsed.config), bindings: c.env } : null;
  return { parsed, surroundings: SURROUNDINGS, deployed };
}

function frameOf(c: SetupContext) {
  const visitor = c.get('visitor') as Visitor | undefined;
  const session = visitor?.kind === 'admin' ? visitor.session : null;
  return {
    nav: navOf({ mayOpenConsole: session !== null, mayOpenSetup: visitor !== undefined }),
    who: session && nameOf(session),
  };
}

async function page(
  c: SetupContext,
  found: { findings: Finding[]; checkedMs: number } | null,
  where: 'inside' | 'at-the-door' = 'inside',
) {
  const parsed = c.get('parsed');
  const canAct = parsed.ok && where === 'inside';
  return doctorPage({
    ...frameOf(c),
    findings: found?.findings ?? null,
    checkedMs: found?.checkedMs ?? null,
    nowMs: Date.now(),
    values: canAct
      ? valuesToPaste(
          parsed.config,
          new URL(c.req.url).origin,
          await namesGroups(openDatabase(c.env.DB)),
        )
      : [],
    canAct,
    maySignIn: c.get('visitor')?.kind === 'link' && canSignIn(c),
    said: <Said said={c.req.query('said')} n={undefined} />,
  });
}

async function keptFindings(c: SetupContext) {
  const kept = await readSetupFindings(openDatabase(c.env.DB));
  if (kept === null || kept.checkedMs > Date.now() + AHEAD_MS) return null;
  const findings = parseFindings(kept.findings);
  return findings && { findings, checkedMs: kept.checkedMs };
}

async function show(c: SetupContext) {
  const parsed = c.get('parsed');
  // Asks nobody: without a configuration there is nothing to ask with.
  if (!parsed.ok) {
    const findings = await examine(doctorWorld(c));
    return c.html(await page(c, { findings, checkedMs: Date.now() }), 503);
  }
  const kept = await keptFindings(c);
  if (kept === null) return c.html(await page(c, null));
  const findings = await withNews(kept.findings, syncPorts(c.env, parsed.config));
  return c.html(await page(c, { ...kept, findings }));
}

/** Does something for the visitor, in writing, and shows /setup again. */
async function act<T>(
  c: SetupContext,
  action: ActionName,
  work: () => Promise<T>,
  endedAs: (result: T) => Ended | string,
  query = (_result: T) => '',
) {
  const result = await operatorAction(
    { db: openDatabase(c.env.DB), log, nowMs: () => Date.now() },
    {
      directoryId: DEFAULT_DIRECTORY_ID,
      actor: c.get('visitor').actor,
      action,
      detail: {},
      requestId: c.get('requestId'),
    },
    work,
    endedAs,
  );
  return c.redirect(new URL(`${SETUP_PATH}${query(result)}`, c.get('authority').origin).href, 303);
}

const count = (findings: readonly Finding[], state: Finding['state']) =>
  findings.filter((one) => one.state === state).length;

async function check(c: SetupContext) {
  // Of several presses at once, and within half a minute, one makes the check.
  if (!(await takeCheckTurn(openDatabase(c.env.DB), Date.now())))
    return c.redirect(new URL(SETUP_PATH, c.get('authority').origin).href, 303);
  return act(
    c,
    'setup.check',
    async () => {
      const findings = await examine(doctorWorld(c));
      await keepSetupFindings(openDatabase(c.env.DB), findings, Date.now());
      return findings;
    },
    (findings) => ({
      code: 'checked',
      result: {
        ok: count(findings, 'ok'),
        failed: count(findings, 'failed'),
        waiting: count(findings, 'waiting'),
      },
    }),
  );
}

async function startImport(c: SetupContext) {
  const ports = syncPorts(c.env, c.get('config'));
  return act(
    c,
    'pass.start',
    () => startPassNow(ports, startPassIn(c.env), DEFAULT_DIRECTORY_ID),
    (outcome) => outcome,
    (outcome) => saying(outcome),
  );
}

async function open(c: SetupContext) {
  const authority = c.get('authority');
  const { link: token } = await formFields(c.req);
  const isOurs = typeof token === 'string' && (await isSetupToken(authority, token, Date.now()));
  if (!isOurs) return c.html(linkOverPage(canSignIn(c)), 403);
  try {
    const cookie = await openVisit(c.env, authority, token, c.get('requestId'));
    if (cookie === null) return c.html(linkOverPage(canSignIn(c)), 403);
    setCookie(c, cookie.name, cookie.value, cookie.options);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    log('error', 'setup.unavailable', { requestId: c.get('requestId'), code: error.code });
    // Set-up may be closed: nothing that only Google, or the rows, could tell is said. The link stays good.
    const findings = c.get('parsed').ok
      ? [await checkDatabase(openDatabase(c.env.DB))]
      : await examine(doctorWorld(c));
    return c.html(await page(c, { findings, checkedMs: Date.now() }, 'at-the-door'), 503);
  }
  return c.redirect(new URL(SETUP_PATH, authority.origin).href, 303);
}

const limitLinks = limited('setup-link', (c) =>
  c.text('Too many at once; try again in a minute.\n', 429),
);
const limitSize = bodyLimit({
  maxSize: MAX_FORM_BYTES,
  onError: (c) => c.html(linkOverPage(false), 403),
});

/** When the database is the trouble, whoever the door has let in reads what is the matter with it. Nothing is done. */
async function afterError(error: Error, c: SetupContext) {
  const requestId = c.get('requestId');
  log('error', 'request.failed', { requestId, code: errorCode(error) });
  const again = SETUP_PATH;
  if (!(error instanceof DatabaseError))
    return c.html(failurePage({ requestId, code: null, again }), 500);
  if ((c.get('visitor') as Visitor | undefined) === undefined)
    return c.html(failurePage({ requestId, code: error.code, again }), 503);
  // It may answer questions about itself again, and still take no writes.
  const found = await checkDatabase(openDatabase(c.env.DB));
  const database = found.state === 'ok' ? databaseFinding(error) : found;
  return c.html(await page(c, { findings: [database], checkedMs: Date.now() }), 503);
}

/** Everything under /setup. */
export const setup = new Hono<SetupEnv>()
  .use(knowing, ownPagesOnly)
  .get('/open', async (c) => {
    const token = c.req.query('link') ?? '';
    const isOurs = await isSetupToken(c.get('authority'), token, Date.now());
    return isOurs ? c.html(openPage(token)) : c.html(linkOverPage(canSignIn(c)), 403);
  })
  .post('/open', limitLinks, limitSize, open)
  .use(door)
  .get('/', show)
  .post('/check', configured, check)
  .post('/import', configured, startImport)
  .get('/marketplace', configured, async (c) =>
    c.html(
      marketplacePage({
        ...frameOf(c),
        config: c.get('config'),
        namesGroups: await namesGroups(openDatabase(c.env.DB)),
      }),
    ),
  )
  .get('*', (c) => c.html(nothingHerePage(SETUP_PATH), 404))
  .onError(afterError);
