// The page at /console/passes: every pass through the whole directory, and what one would find now.
import type { ReconcileRun } from '../../db/reconcile-runs.ts';
import type { DryRunFailed, DryRunResult } from '../../sync/dry-run.ts';
import { DryRunFound } from '../components/dry-run.tsx';
import { PassesInFull, ReconcileNow, TryOut } from '../components/passes.tsx';
import { PASSES_PATH } from '../paths.ts';

interface PassesView {
  runs: readonly ReconcileRun[];
  /** The address of the next page; `null` = there is none. */
  next: string | null;
  isFirst: boolean;
  isUnderWay: boolean;
  /** Whether this directory’s Google can be asked from here. */
  mayAct: boolean;
  /** Whether the page changes by itself. */
  isLive: boolean;
}

/** What stands in <main>. */
export function PassesPage({ runs, next, isFirst, isUnderWay, mayAct, isLive }: PassesView) {
  return (
    <section id="passes" class="flow" data-live={isLive ? true : undefined}>
      <header class="page">
        <div>
          <h1>Passes</h1>
          <p class="lead">
            Each compares everybody on Google’s list with what is stored, and finds what no push
            announced: the drift.
          </p>
        </div>
        {mayAct && (
          <div class="actions">
            <ReconcileNow isUnderWay={isUnderWay} back="passes" />
            <TryOut />
          </div>
        )}
      </header>
      {!isFirst && (
        <p>
          <a href={PASSES_PATH}>Back to the latest</a>
        </p>
      )}
      {runs.length === 0 ? (
        <p class="nothing">{isFirst ? 'There has been none yet.' : 'There are no earlier ones.'}</p>
      ) : (
        <PassesInFull runs={runs} />
      )}
      {next !== null && (
        <p class="actions">
          <a class="button" href={next}>
            Earlier
          </a>
        </p>
      )}
    </section>
  );
}

/** What stands in <main> after a dry run. */
export function DryRunPage({ result }: { result: DryRunResult | DryRunFailed }) {
  return (
    <>
      <header class="page">
        <div>
          <h1>Dry run</h1>
          <p class="lead">What a pass would find at this moment.</p>
        </div>
        <div class="actions">
          <a class="button" href={PASSES_PATH}>
            Back to the passes
          </a>
          <TryOut />
        </div>
      </header>
      {result.kind === 'compared' ? (
        <DryRunFound result={result} />
      ) : (
        <div class="card bad" role="alert">
          <h2>Google’s list could not be read: nothing is concluded</h2>
          <p>{result.remedy}</p>
          <p class="small">
            <code>{result.code}</code>
          </p>
        </div>
      )}
    </>
  );
}
