// The last passes through the whole directory, with what they found and no push had announced.
import type { ReconcileRun } from '../../db/reconcile-runs.ts';
import { Moment } from '../../page/moment.tsx';
import { DRY_RUN_PATH, PASSES_PATH } from '../paths.ts';
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

/** @param back where it leads, if not to the overview */
export function ReconcileNow({ isUnderWay, back }: { isUnderWay: boolean; back?: 'passes' }) {
  return (
    <form method="post" action={PASSES_PATH}>
      {back !== undefined && <input type="hidden" name="back" value={back} />}
      <button type="submit" disabled={isUnderWay}>
        {isUnderWay ? 'A pass is under way' : 'Reconcile now'}
      </button>
    </form>
  );
}

export function TryOut() {
  return (
    <form method="post" action={DRY_RUN_PATH}>
      <button type="submit">Dry run: what would change</button>
    </form>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  add: 'newcomers',
  delete: 'deletions',
  makeAdmin: 'admin rights',
  undelete: 'returns',
  update: 'changes',
};

/** What no push had announced. @param missed a JSON array of events */
function missedWords(missed: string): string {
  const events: unknown = JSON.parse(missed);
  return Array.isArray(events)
    ? events.map((one) => KINDS[String(one)] ?? String(one)).join(', ')
    : '';
}

const FIGURES = [
  ['Seen', 'usersSeen'],
  ['Added', 'created'],
  ['Changed', 'changed'],
  ['Removed', 'removed'],
  ['Held', 'held'],
  ['Looked at', 'hinted'],
  ['Calls', 'googleCalls'],
] as const satisfies readonly (readonly [string, keyof ReconcileRun])[];

/** Passes with everything that is known about them. */
export function PassesInFull({ runs }: { runs: readonly ReconcileRun[] }) {
  const figures = FIGURES.map(([label]) => label);
  return (
    <Listing
      label="Passes"
      columns={['Begun', 'Ended', 'Took', ...figures, 'Drift']}
      numbers={['Took', ...figures, 'Drift']}
    >
      {runs.map((run) => (
        <tr>
          <td>
            <Moment ms={run.startedMs} />
            <small>{run.id}</small>
          </td>
          <td>
            <Outcome outcome={run.outcome} reason={run.reason} />
          </td>
          <td class="number">{tookOf(run)}</td>
          {FIGURES.map(([, key]) => (
            <td class="number">{run[key].toLocaleString('en-GB')}</td>
          ))}
          <td class="number">
            {run.drift > 0 ? <strong>{run.drift.toLocaleString('en-GB')}</strong> : 0}
            {run.drift > 0 && <small>{missedWords(run.missed)}</small>}
          </td>
        </tr>
      ))}
    </Listing>
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
