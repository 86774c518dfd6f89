// The last passes through the whole directory, with what they found and no push had announced.
import type { ReconcileRun } from '../../db/reconcile-runs.ts';
import { Moment } from '../../page/moment.tsx';
import { PASSES_PATH } from '../paths.ts';

const OUTCOMES = {
  complete: ['good', 'Complete'],
  budget: ['wait', 'To be continued'],
  superseded: ['wait', 'Superseded'],
  failed: ['bad', 'Failed'],
  lost: ['bad', 'Lost'],
} as const;

function Outcome({ outcome, reason }: Pick<ReconcileRun, 'outcome' | 'reason'>) {
  const [look, words] = outcome === null ? ['wait', 'Under way'] : OUTCOMES[outcome];
  return (
    <>
      <span class={`tag ${look}`}>{words}</span>
      {reason !== null && <small>{reason}</small>}
    </>
  );
}

const tookOf = ({ startedMs, finishedMs }: ReconcileRun) =>
  finishedMs === null ? '' : `${Math.round((finishedMs - startedMs) / 1000)} s`;

export function ReconcileNow({ isUnderWay }: { isUnderWay: boolean }) {
  return (
    <form method="post" action={PASSES_PATH}>
      <button type="submit" disabled={isUnderWay}>
        {isUnderWay ? 'A pass is under way' : 'Reconcile now'}
      </button>
    </form>
  );
}

export function Passes({ runs }: { runs: readonly ReconcileRun[] }) {
  if (runs.length === 0) return <p class="nothing">There has been none yet.</p>;
  return (
    <section class="wide" tabindex={0} aria-label="Last passes">
      <table>
        <caption class="unseen">Last passes</caption>
        <thead>
          <tr>
            <th scope="col">Begun</th>
            <th scope="col">Ended</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="number">
              Seen
            </th>
            <th scope="col" class="number">
              Added
            </th>
            <th scope="col" class="number">
              Changed
            </th>
            <th scope="col" class="number">
              Removed
            </th>
            <th scope="col" class="number">
              Drift
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr>
              <td>
                <Moment ms={run.startedMs} />
              </td>
              <td>
                <Outcome outcome={run.outcome} reason={run.reason} />
              </td>
              <td class="number">{tookOf(run)}</td>
              <td class="number">{run.usersSeen}</td>
              <td class="number">{run.created}</td>
              <td class="number">{run.changed}</td>
              <td class="number">{run.removed}</td>
              <td class="number">{run.drift > 0 ? <strong>{run.drift}</strong> : 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
