// The routes of what keeps people in step: passes, notification channels, dead letters.
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { placeOfPass } from '../api/passes.ts';
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { cursorOf, placeIn, placeInTime } from '../cursor.ts';
import { readProbes } from '../db/channel-probes.ts';
import { type LetterPlace, readDeadLetters } from '../db/dead-letters.ts';
import { type RunPlace, readPastRuns } from '../db/past-runs.ts';
import { readLastRun } from '../db/reconcile-runs.ts';
import { formFields } from '../page/form-fields.ts';
import { mayOpenSetup } from '../setup/door.ts';
import { replayDeadLetters } from '../sync/dead-letters.ts';
import { type DryRunFailed, type DryRunResult, dryRun } from '../sync/dry-run.ts';
import { startPassIn, startPassNow } from '../sync/start-pass.ts';
import type { ConsoleEnv } from './access.ts';
import { act, backTo, directoryOf, portsOf } from './act.ts';
import { channelsOf } from './overview.ts';
import { type ConsoleContext, consolePage, Refused } from './page.tsx';
import { ChannelsPage } from './pages/channels.tsx';
import { DeadLettersPage, type LetterKind } from './pages/dead-letters.tsx';
import { DryRunPage, PassesPage } from './pages/passes.tsx';
import { CHANNELS_PATH, DEAD_LETTERS_PATH, PASSES_PATH } from './paths.ts';
import { whereGoogleIs } from './where-google-is.tsx';

const ON_A_PAGE = 50;
/** As many as the overview shows. */
const MOST_FROM_THE_OVERVIEW = 20;

/** Questions to Google are the configuration’s directory’s. */
const mayAct = (c: ConsoleContext) => directoryOf(c) === DEFAULT_DIRECTORY_ID;

async function passes(c: ConsoleContext) {
  // Anything else is the beginning.
  const before: RunPlace | null = placeIn(c.req.query('before'), placeOfPass);
  const { db } = portsOf(c);
  const directoryId = directoryOf(c);
  const [{ runs, next }, last] = await Promise.all([
    readPastRuns(db, directoryId, before, ON_A_PAGE),
    readLastRun(db, directoryId),
  ]);
  const isUnderWay = last !== null && last.outcome === null;
  const children = (
    <PassesPage
      runs={runs}
      next={next && `${PASSES_PATH}?before=${cursorOf(next)}`}
      isFirst={before === null}
      isUnderWay={isUnderWay}
      mayAct={mayAct(c)}
      isLive={before === null && (isUnderWay || c.req.query('said') === 'started')}
    />
  );
  return consolePage(c, { title: 'Passes', here: PASSES_PATH, children });
}

async function startPass(c: ConsoleContext) {
  const { back } = await formFields(c.req);
  const started = await act(
    c,
    'pass.start',
    {},
    () => startPassNow(portsOf(c), startPassIn(c.env), directoryOf(c)),
    (outcome) => outcome,
  );
  return back === 'passes' ? backTo(c, started, 0, PASSES_PATH) : backTo(c, started);
}

const dryRunEnded = (result: DryRunResult | DryRunFailed) =>
  result.kind === 'failed'
    ? { code: `failed:${result.code}` }
    : {
        code: result.isWhole ? 'compared' : 'compared-in-part',
        result: {
          people: result.seen,
          unknown: result.unknown.count,
          different: result.different.count,
          missing: result.missing?.count ?? 0,
        },
      };

async function tryOut(c: ConsoleContext) {
  const result = await act(
    c,
    'pass.dry-run',
    {},
    () => dryRun(portsOf(c), directoryOf(c)),
    dryRunEnded,
  );
  const children = <DryRunPage result={result} />;
  return consolePage(c, { title: 'Dry run', here: PASSES_PATH, children });
}

async function channels(c: ConsoleContext) {
  const ports = portsOf(c);
  const isOurs = mayAct(c);
  const [open, probes] = await Promise.all([
    channelsOf(ports, directoryOf(c)),
    isOurs ? readProbes(ports.db) : null,
  ]);
  const children = (
    <ChannelsPage
      nowMs={ports.nowMs()}
      channels={open}
      wanted={isOurs ? [ports.config.channelEvents].flat() : null}
      probes={probes}
      maySetUp={mayOpenSetup(c.get('operator'))}
    />
  );
  return consolePage(c, { title: 'Channels', here: CHANNELS_PATH, children });
}

async function deadLetters(c: ConsoleContext, word?: Child) {
  const kind: LetterKind = c.req.query('of') === 'replayed' ? 'replayed' : 'open';
  const before: LetterPlace | null = placeIn(c.req.query('before'), placeInTime);
  const where = { before, limit: ON_A_PAGE };
  const found = await readDeadLetters(portsOf(c).db, directoryOf(c), kind, where);
  const { letters, next } = found;
  const query = new URLSearchParams({
    ...(kind === 'replayed' ? { of: kind } : {}),
    before: cursorOf(next),
  });
  const children = (
    <DeadLettersPage
      kind={kind}
      letters={letters}
      next={next && `${DEAD_LETTERS_PATH}?${query}`}
      isFirst={before === null}
      mayAct={mayAct(c)}
    />
  );
  const page = { title: 'Dead letters', here: DEAD_LETTERS_PATH, children };
  return consolePage(c, word === undefined ? page : { ...page, word, status: 400 });
}

async function replay(c: ConsoleContext) {
  const { id = [], which, page, back } = await formFields(c.req);
  const isFromItsPage = back === 'dead-letters';
  const asked = which === 'page' && typeof page === 'string' ? page.split(',') : [id].flat();
  const ids = asked
    .filter((one): one is string => typeof one === 'string' && /^\d{1,15}$/.test(one))
    .map(Number)
    .slice(0, isFromItsPage ? ON_A_PAGE : MOST_FROM_THE_OVERVIEW);
  if (isFromItsPage && ids.length === 0)
    return deadLetters(c, <Refused>Nothing was done: tick the letters to replay.</Refused>);
  const replayed = await act(
    c,
    'dead-letters.replay',
    { letters: ids.length },
    () => replayDeadLetters(portsOf(c), directoryOf(c), ids),
    (result) =>
      result.kind === 'replayed'
        ? { code: result.kind, result: { people: result.count } }
        : result.kind,
  );
  const [code, count] =
    replayed.kind === 'replayed'
      ? (['replayed', replayed.count] as const)
      : (['not-replayed', 0] as const);
  return isFromItsPage ? backTo(c, code, count, DEAD_LETTERS_PATH) : backTo(c, code, count);
}

/** Everything under /console/passes, /console/channels and /console/dead-letters. */
export const operations = new Hono<ConsoleEnv>()
  .get('/passes', passes)
  .post('/passes', whereGoogleIs, startPass)
  .post('/passes/dry-run', whereGoogleIs, tryOut)
  .get('/channels', channels)
  .get('/dead-letters', (c) => deadLetters(c))
  .post('/dead-letters/replay', whereGoogleIs, replay);
