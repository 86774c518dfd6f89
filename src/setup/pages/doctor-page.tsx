// The page at /setup: what the last check found, what to do about it, and the values to paste into Google.

import type { Child } from 'hono/jsx';
import { CopyValues } from '../../page/copy-value.tsx';
import { GoogleLink } from '../../page/google-button.tsx';
import { Moment, spanOf } from '../../page/moment.tsx';
import { CONSOLE_PATH, SETUP_PATH } from '../../page/operator-nav.ts';
import { type NavItem, operatorDocument } from '../../page/operator-page.tsx';
import { LOGIN_PATH } from '../../sso/paths.ts';
import type { Check, Finding, Paste } from '../finding.ts';
import { FindingList, NothingChecked } from './finding-list.tsx';

interface DoctorView {
  nav: readonly NavItem[];
  /** Name of the super admin; `null` for whoever came by the link. */
  who: string | null;
  /** `null` before the first check. */
  findings: readonly Finding[] | null;
  checkedMs: number | null;
  nowMs: number;
  values: readonly Paste[];
  /** Whether anything can be checked or started: not while the configuration is broken. */
  canAct: boolean;
  /** Whether whoever came by the link could sign in now. */
  maySignIn: boolean;
  /** What has just been asked for. */
  said: Child;
}

/** The first thing that is not green, in words; `null` when all is. */
function summaryOf(findings: readonly Finding[]) {
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const [failed, waiting] = [count('failed'), count('waiting')];
  if (failed > 0) {
    return {
      look: 'bad',
      title: failed === 1 ? 'One thing is wrong' : `${failed} things are wrong`,
      text: 'Fix the first red check, then check again: it may be the cause of the others.',
    };
  }
  if (waiting > 0) {
    return {
      look: 'wait',
      title: 'Nothing is wrong, but not everything is done',
      text: 'Each waiting check says what it waits for.',
    };
  }
  return { look: 'good', title: 'All is well', text: 'Every check is green.' };
}

function Summary({ findings, maySignIn }: { findings: readonly Finding[]; maySignIn: boolean }) {
  const { look, title, text } = summaryOf(findings);
  return (
    <div class={`card ${look}`} role="status">
      <div class={`state ${look}`}>
        <span class="sign" aria-hidden="true" />
        <div>
          <h2>{title}</h2>
          <p>{text}</p>
        </div>
      </div>
      {look === 'good' && maySignIn && (
        <div class="actions">
          <GoogleLink href={`${LOGIN_PATH}?return_to=${CONSOLE_PATH}`} />
          <span class="small">
            as a super admin: from then on the set-up is for super admins alone.
          </span>
        </div>
      )}
    </div>
  );
}

function CheckedAt({ checkedMs, nowMs }: { checkedMs: number; nowMs: number }) {
  return (
    <p class="quiet small">
      Checked <Moment ms={checkedMs} />
      {nowMs - checkedMs >= 60_000 && `, ${spanOf(nowMs - checkedMs)} ago`}. You can check again
      every 30 seconds.
    </p>
  );
}

export function doctorPage(view: DoctorView) {
  const { findings, checkedMs, nowMs, values, canAct, maySignIn, said, nav, who } = view;
  const stateOf = (check: Check) => findings?.find((one) => one.check === check)?.state;
  // What waits for something that has to be mended first does not come by itself.
  const changesByItself =
    (stateOf('sync') === 'waiting' && stateOf('channel') === 'ok') ||
    (stateOf('import') === 'waiting' && stateOf('people') === 'ok');
  return operatorDocument({
    title: 'Set-up',
    here: SETUP_PATH,
    nav,
    who,
    children: (
      <>
        <header class="page">
          <div>
            <h1>Set-up</h1>
            <p class="lead">
              What stands between Google Workspace and this deployment, looked at in the order in
              which things build on each other.
            </p>
          </div>
          {canAct && (
            <form method="post" action="/setup/check">
              <button class="main" type="submit">
                {findings === null ? 'Check everything' : 'Check again'}
              </button>
            </form>
          )}
        </header>
        {said}
        <div id="findings" class="flow" data-live={changesByItself ? true : undefined}>
          {findings && <Summary findings={findings} maySignIn={maySignIn} />}
          <h2 class="unseen">Checks</h2>
          {findings ? (
            <FindingList findings={findings} canStartImport={canAct} />
          ) : (
            <NothingChecked />
          )}
          {checkedMs !== null && <CheckedAt checkedMs={checkedMs} nowMs={nowMs} />}
          {changesByItself && (
            <p class="small">
              <a href={SETUP_PATH}>Look whether anything has come since</a>
            </p>
          )}
        </div>
        {values.length > 0 && (
          <section aria-labelledby="values">
            <h2 id="values">To paste into Google</h2>
            <div class="card">
              <CopyValues prefix="value" values={values} />
            </div>
          </section>
        )}
      </>
    ),
  });
}
