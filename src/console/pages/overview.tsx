// The page at /console: whether people are in step, what needs a person, and the numbers behind it.
import { Moment, spanOf } from '../../page/moment.tsx';
import { SETUP_PATH } from '../../page/operator-nav.ts';
import { needsAPerson, type SyncHealth } from '../../sync/health.ts';
import { ActionsTaken } from '../components/actions-taken.tsx';
import { Channels } from '../components/channels.tsx';
import { DeadLetters } from '../components/dead-letters.tsx';
import { HeldAtAGlance } from '../components/held-removals.tsx';
import { LatencyChart } from '../components/latency-chart.tsx';
import { Passes, ReconcileNow } from '../components/passes.tsx';
import type { Overview } from '../overview.ts';
import { reasonOf } from '../reasons.ts';

interface OverviewView {
  overview: Overview;
  /** Whether this operator may open the set-up. */
  maySetUp: boolean;
  /** Whether a pass has just been started, which may take a moment to begin. */
  awaitsPass: boolean;
}

/** A pass that began so lately is the one that was started. */
const JUST_BEGUN_MS = 30_000;

function State({ health, nowMs }: { health: SyncHealth; nowMs: number }) {
  if (health.inStep) {
    return (
      <div class="card good">
        <div class="state good">
          <span class="sign" aria-hidden="true" />
          <div>
            <h1>In step</h1>
            <p>
              since <Moment ms={health.sinceMs} />, {spanOf(nowMs - health.sinceMs)}
            </p>
          </div>
        </div>
      </div>
    );
  }
  const look = needsAPerson(health.reason) ? 'bad' : 'wait';
  return (
    <div class={`card ${look}`}>
      <div class={`state ${look}`}>
        <span class="sign" aria-hidden="true" />
        <div>
          <h1>Not in step</h1>
          <p>
            {reasonOf(health.reason).title}
            {health.sinceMs !== null && (
              <>
                , since <Moment ms={health.sinceMs} />
              </>
            )}
          </p>
          {look === 'wait' && <p>{reasonOf(health.reason).text}</p>}
        </div>
      </div>
    </div>
  );
}

function Conditions({
  conditions,
  maySetUp,
}: Pick<Overview, 'conditions'> & { maySetUp: boolean }) {
  return conditions
    .filter(({ reason }) => needsAPerson(reason) && reason !== 'deletions-held')
    .map(({ reason }) => {
      const { title, text, asksTheDoctor } = reasonOf(reason);
      return (
        <div class="card bad">
          <h3>{title}</h3>
          <p>{text}</p>
          {asksTheDoctor && maySetUp && (
            <p>
              <a href={SETUP_PATH}>Ask the set-up’s checks what is wrong</a>
            </p>
          )}
        </div>
      );
    });
}

function NeedsYou({ overview, maySetUp }: { overview: Overview; maySetUp: boolean }) {
  const { conditions, held, letters } = overview;
  const isNothing =
    !conditions.some(({ reason }) => needsAPerson(reason)) &&
    held.waiting === 0 &&
    letters.count === 0;
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">What needs you</h2>
      {isNothing && <p class="nothing">Nothing.</p>}
      <Conditions conditions={conditions} maySetUp={maySetUp} />
      {held.waiting > 0 && (
        <div id="held" class="stack">
          <h3>
            {held.waiting === 1 ? '1 removal waits' : `${held.waiting} removals wait`} for your
            decision
          </h3>
          <p class="quiet">{reasonOf('deletions-held').text}</p>
          <HeldAtAGlance held={held} />
        </div>
      )}
      {letters.count > 0 && (
        <div class="stack">
          <h3>Hints that could not be answered</h3>
          <DeadLetters letters={letters.letters} count={letters.count} />
        </div>
      )}
    </section>
  );
}

const COUNTS = [
  ['active', 'Active'],
  ['suspended', 'Suspended'],
  ['archived', 'Archived'],
  ['deleted', 'Deleted, still remembered'],
] as const;

function People({ people }: Pick<Overview, 'people'>) {
  return (
    <section aria-labelledby="people">
      <h2 id="people">People</h2>
      <dl class="counts">
        {COUNTS.map(([status, label]) => (
          <div>
            <dt>{label}</dt>
            <dd>{people[status].toLocaleString('en-GB')}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Recomputing({ recompute }: { recompute: NonNullable<Overview['recompute']> }) {
  const { seen, changed, askedMs } = recompute;
  return (
    <p class="nothing">
      Roles are being made anew since <Moment ms={askedMs} />: {seen.toLocaleString('en-GB')} people
      so far, {changed.toLocaleString('en-GB')} with other roles than before.
    </p>
  );
}

/** Whether the page changes by itself. */
function isLive({ runs, nowMs, recompute }: Overview, awaitsPass: boolean): boolean {
  const [last] = runs;
  if (last?.outcome === null || recompute !== null) return true;
  return awaitsPass && (last === undefined || nowMs - last.startedMs >= JUST_BEGUN_MS);
}

/** What stands in <main>. */
export function OverviewPage({ overview, maySetUp, awaitsPass }: OverviewView) {
  const { health, nowMs, runs, channels, wanted, actions, people, held, letters } = overview;
  const { latency, recompute } = overview;
  const isUnderWay = runs[0]?.outcome === null;
  const live = isLive(overview, awaitsPass) ? true : undefined;
  // Nobody's list changes under their eyes while they decide about it.
  const hasForms = held.waiting > 0 || letters.count > 0;
  return (
    <>
      <div id="standing" class="live" data-live={hasForms ? undefined : live}>
        <State health={health} nowMs={nowMs} />
        <NeedsYou overview={overview} maySetUp={maySetUp} />
        <People people={people} />
        {recompute !== null && <Recomputing recompute={recompute} />}
      </div>
      <section id="last-passes" data-live={live}>
        <header class="page">
          <h2>Last passes</h2>
          <ReconcileNow isUnderWay={isUnderWay} />
        </header>
        <Passes runs={runs} />
      </section>
      <section aria-labelledby="latency">
        <h2 id="latency">From change to stored</h2>
        <LatencyChart day={latency} />
      </section>
      <div class="two uneven">
        <section>
          <h2>Notification channels</h2>
          <Channels channels={channels} wanted={wanted} nowMs={nowMs} />
        </section>
        <section>
          <h2>What operators did</h2>
          <ActionsTaken actions={actions} />
        </section>
      </div>
    </>
  );
}
