// The console's routes: /console and below. A GET changes nothing; every action is a POST from one of our own pages, is
// written down before it is done, and concerns the directory of whoever asks.
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Child } from 'hono/jsx';
import { DatabaseError } from '../db/database.ts';
import { errorCode, log } from '../log.ts';
import { formFields } from '../page/form-fields.ts';
import { failurePage, nothingHerePage } from '../page/notices.tsx';
import { CONSOLE_PATH } from '../page/operator-nav.ts';
import { mayOpenSetup } from '../setup/door.ts';
import { sameOriginOnly } from '../sso/request-origin.ts';
import {
  approveHeldRemovals,
  decisionEnded,
  readHeldRemovals,
  rejectHeldRemovals,
} from '../sync/held-removals.ts';
import { type ConsoleEnv, operatorsOnly } from './access.ts';
import { act, backTo, directoryOf, portsOf } from './act.ts';
import { activity } from './activity-routes.tsx';
import { operations } from './operations-routes.tsx';
import { readOverview } from './overview.ts';
import { type ConsoleContext, consolePage, Refused } from './page.tsx';
import { HeldRemovalsPage } from './pages/held-removals.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { people } from './people-routes.tsx';
import { roles } from './roles-routes.tsx';
import { tokens } from './tokens-routes.tsx';
import { whereGoogleIs } from './where-google-is.tsx';

const MAX_FORM_BYTES = 16 * 1024;

/** Nobody overwrites what they have not seen: the list is shown anew, with a word about why. */
const LIST_CHANGED = (
  <Refused>
    Nothing was done: the list has changed since you looked at it, or somebody else has decided.
    This is how it stands now.
  </Refused>
);

async function overview(c: ConsoleContext) {
  const maySetUp = mayOpenSetup(c.get('operator'));
  const read = await readOverview(portsOf(c), directoryOf(c));
  const awaitsPass = c.req.query('said') === 'started';
  const children = <OverviewPage overview={read} maySetUp={maySetUp} awaitsPass={awaitsPass} />;
  return consolePage(c, { title: 'Overview', here: CONSOLE_PATH, children });
}

async function heldRemovals(c: ConsoleContext, word?: Child, status: 200 | 400 | 409 = 200) {
  const list = await readHeldRemovals(portsOf(c), directoryOf(c));
  const page = { title: 'Held removals', here: CONSOLE_PATH, status };
  const children = <HeldRemovalsPage list={list} />;
  return consolePage(c, { ...page, ...(word === undefined ? {} : { word }), children });
}

const decide =
  (decision: 'approve' | 'reject') =>
  async (c: ConsoleContext): Promise<Response> => {
    const { hash, looked } = await formFields(c.req);
    if (typeof hash !== 'string' || hash.length > 200) return heldRemovals(c, LIST_CHANGED, 409);
    if (decision === 'approve' && looked !== 'yes') {
      const word = <Refused>Nothing was done: tick that you have looked at them.</Refused>;
      return heldRemovals(c, word, 400);
    }
    const say = decision === 'approve' ? approveHeldRemovals : rejectHeldRemovals;
    const decided = await act(
      c,
      `held-removals.${decision}`,
      {},
      () => say(portsOf(c), directoryOf(c), hash),
      decisionEnded,
    );
    if (decided.kind === 'another-list') return heldRemovals(c, LIST_CHANGED, 409);
    if (decision === 'reject') return backTo(c, 'kept', decided.count);
    return backTo(
      c,
      decided.asked === decided.count ? 'approved' : 'approved-for-later',
      decided.count,
    );
  };

const limitSize = bodyLimit({
  maxSize: MAX_FORM_BYTES,
  onError: (c) => c.text('The form is larger than any of ours.\n', 413),
});

/** Refusals too: they are about whoever asks. */
const keptNowhere: MiddlewareHandler<ConsoleEnv> = (c, next) => {
  c.header('cache-control', 'no-store');
  return next();
};

/** Everything under /console. */
export const consoleRoutes = new Hono<ConsoleEnv>()
  .use(keptNowhere)
  .post('*', sameOriginOnly, limitSize)
  .use(operatorsOnly)
  .get('/', overview)
  .get('/held-removals', (c) => heldRemovals(c))
  .post('/held-removals/approve', whereGoogleIs, decide('approve'))
  .post('/held-removals/reject', decide('reject'))
  .route('/people', people)
  .route('/roles', roles)
  .route('/', activity)
  .route('/', operations)
  .route('/tokens', tokens)
  .get('*', (c) => c.html(nothingHerePage(CONSOLE_PATH), 404))
  .onError((error, c) => {
    const requestId = c.get('requestId');
    const code = error instanceof DatabaseError ? error.code : null;
    log('error', 'request.failed', { requestId, code: errorCode(error) });
    return c.html(failurePage({ requestId, code, again: CONSOLE_PATH }), code === null ? 500 : 503);
  });
