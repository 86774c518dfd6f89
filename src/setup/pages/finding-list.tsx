// The findings of a check, one below the other: what is green, what is red with what to do, what waits for what.
import { CopyValues } from '../../page/copy-value.tsx';
import { CHECKS, type Finding, TITLES } from '../finding.ts';

const LOOKS = { ok: 'good', failed: 'bad', waiting: 'wait' } as const;
const WORDS = { ok: 'Passed', failed: 'Failed', waiting: 'Waiting' } as const;

const ADDRESS =
  /(https:\/\/(?:admin\.google|console\.cloud\.google|search\.google|accounts\.google)\.com\/[^\s(),]*[^\s(),.:])/;

/** Addresses of Google's consoles are to be clicked, and no others: a step may hold a name that somebody chose. */
function Linked({ text }: { text: string }) {
  return text.split(ADDRESS).map((part, i) =>
    i % 2 === 0 ? (
      part
    ) : (
      <a href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ),
  );
}

function One({ finding, children }: { finding: Finding; children?: unknown }) {
  const { check, state, says, steps, paste } = finding;
  return (
    <li class={state === 'ok' ? '' : LOOKS[state]} id={`check-${check}`}>
      <span class={`sign ${LOOKS[state]}`} aria-hidden="true" />
      <div>
        <h3>
          <span class="unseen">{WORDS[state]}: </span>
          {TITLES[check]}
        </h3>
        <p class="quiet">{says}</p>
        {steps.length > 0 && (
          <ol>
            {steps.map((step) => (
              <li>
                <Linked text={step} />
              </li>
            ))}
          </ol>
        )}
        {paste.length > 0 && <CopyValues prefix={`paste-${check}`} values={paste} />}
        {children}
      </div>
    </li>
  );
}

/** Before the first check: what will be looked at. */
export function NothingChecked() {
  return (
    <ol class="findings">
      {CHECKS.map((check) => (
        <li>
          <span class="sign none" aria-hidden="true" />
          <div>
            <h3>{TITLES[check]}</h3>
            <p class="quiet">Not checked yet.</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** @param canStartImport whether an import that waits may be started from here */
export function FindingList({
  findings,
  canStartImport,
}: {
  findings: readonly Finding[];
  canStartImport: boolean;
}) {
  // It would only fail while people can't be read.
  const canStart =
    canStartImport && findings.some(({ check, state }) => check === 'people' && state === 'ok');
  return (
    <ol class="findings">
      {findings.map((finding) => (
        <One finding={finding}>
          {finding.check === 'import' && finding.state !== 'ok' && canStart && (
            <form class="actions" method="post" action="/setup/import">
              <button type="submit">Start it now</button>
            </form>
          )}
        </One>
      ))}
    </ol>
  );
}
