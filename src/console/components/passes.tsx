// The last passes through the whole directory, with what they found and no push had announced.
import type { ReconcileRun } from '../../db/reconcile-runs.ts';
import { Moment } from '../../page/moment.tsx';
import { PASSES_PATH } from '../paths.ts';
import { Listing } from './listing.tsx';

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
    <Listing
      label="Last passes"
      columns={['Begun', 'Ended', 'Took', 'Seen', 'Added', 'Changed', 'Removed', 'Drift']}
      numbers={['Took', 'Seen', 'Added', 'Changed', 'Removed', 'Drift']}
    >
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
    </Listing>
  );
}
