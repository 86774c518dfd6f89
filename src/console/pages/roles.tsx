// The page of roles: the rules and what each of them does, whom somebody decided about by hand, and who has what.
import type { GroupState } from '../../db/groups.ts';
import type { Recompute } from '../../db/role-recomputes.ts';
import type { HandRecord, RuleRecord } from '../../db/role-rules.ts';
import { Moment } from '../../page/moment.tsx';
import { describeSource } from '../../roles/describe.ts';
import type { RuleEffect } from '../../roles/preview.ts';
import { Listing } from '../components/listing.tsx';
import { Notes, notesOn } from '../components/rule-effect.tsx';
import { PEOPLE_PATH, personPath, ROLES_PATH, RULE_PATH } from '../paths.ts';

interface RolesProps {
  records: readonly RuleRecord[];
  /** What the rules do; `null` = with so many people it is counted only when asked for. */
  effects: readonly RuleEffect[] | null;
  /** Living people. */
  people: number;
  groups: readonly GroupState[];
  byHand: readonly HandRecord[];
  counts: readonly { role: string; people: number }[];
  recompute: Recompute | null;
}

const number = (count: number) => count.toLocaleString('en-GB');

function UnderWay({ recompute }: Pick<RolesProps, 'recompute'>) {
  const isUnderWay = recompute !== null && recompute.finishedMs === null;
  return (
    <div id="recompute" class="live" data-live={isUnderWay ? true : undefined}>
      {isUnderWay && (
        <div class="card wait">
          <div class="state wait">
            <span class="sign" aria-hidden="true" />
            <div>
              <h3>Everybody’s roles are being made anew</h3>
              <p>
                {`${number(recompute.seen)} people so far, of whom ${number(recompute.changed)} have other roles now. Asked for `}
                <Moment ms={recompute.askedMs} />.
              </p>
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

function MadeBy({
  madeBy,
  madeByName,
  madeMs,
}: Pick<RuleRecord, 'madeBy' | 'madeByName' | 'madeMs'>) {
  if (madeBy === 'configuration') return <small>From ROLES_SCHEMA, when it began</small>;
  return (
    <small>
      <bdi>{madeByName ?? madeBy}</bdi>, <Moment ms={madeMs} />
    </small>
  );
}

function Rules({ records, effects, people, groups }: RolesProps) {
  if (records.length === 0)
    return <p class="nothing">There is no rule: nobody has a role, but by hand.</p>;
  return (
    <Listing
      label="Rules"
      columns={['Role', 'Who gets it', 'People', 'Change']}
      numbers={['People']}
    >
      {records.map(({ id, source, role, ...made }) => {
        const effect = effects?.find(({ rule }) => rule.id === id);
        const notes =
          effect !== undefined
            ? notesOn(effect, people, groups)
            : effects === null
              ? []
              : [
                  'A later version of Rollcall made this rule, and this one can’t read it: it gives nobody a role.',
                ];
        return (
          <tr>
            <td>
              <span class="tag">
                <bdi>{role}</bdi>
              </span>
              <small>Rule {id}</small>
            </td>
            <td>
              <bdi>
                {effect === undefined
                  ? describedAnyhow(source)
                  : describeSource(effect.rule.source)}
              </bdi>
              <MadeBy {...made} />
              <Notes notes={notes} />
            </td>
            <td class="number">{effect === undefined ? '' : number(effect.people)}</td>
            <td class="word">
              <a href={`${RULE_PATH}?id=${id}`} aria-label={`Change the rule for ${role}`}>
                Change
              </a>
            </td>
          </tr>
        );
      })}
    </Listing>
  );
}

/** Of a rule that was not counted, or can't be read. */
function describedAnyhow(source: string): string {
  try {
    return describeSource(JSON.parse(source)) ?? source;
  } catch {
    return source;
  }
}

function ByHand({ byHand }: Pick<RolesProps, 'byHand'>) {
  if (byHand.length === 0)
    return (
      <p class="nothing">
        Nobody. On a person’s page a role can be given, or withheld, whatever the rules say.
      </p>
    );
  return (
    <Listing label="Decided by hand" columns={['Who', 'Role', 'Why', 'Decided']}>
      {byHand.map(({ userId, fullName, email, role, kind, reason, madeBy, madeByName, madeMs }) => (
        <tr>
          <td>
            <a href={personPath(userId)}>
              <bdi>{fullName || email || userId}</bdi>
            </a>
          </td>
          <td>
            <span class={`tag ${kind === 'added' ? 'good' : 'bad'}`}>
              {kind === 'added' ? 'has ' : 'has not '}
              <bdi>{role}</bdi>
            </span>
          </td>
          <td>
            <bdi>{reason}</bdi>
          </td>
          <td>
            <Moment ms={madeMs} />
            <small>
              <bdi>{madeByName ?? madeBy}</bdi>
            </small>
          </td>
        </tr>
      ))}
    </Listing>
  );
}

function WhoHas({ counts }: Pick<RolesProps, 'counts'>) {
  if (counts.length === 0) return <p class="nothing">Nobody has a role.</p>;
  return (
    <ul class="tags">
      {counts.map(({ role, people }) => (
        <li>
          <a class="tag" href={`${PEOPLE_PATH}?${new URLSearchParams({ role })}`}>
            <bdi>{role}</bdi> <strong>{number(people)}</strong>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** What stands in <main>. */
export function RolesPage(props: RolesProps) {
  const { effects, byHand, counts, recompute, people } = props;
  return (
    <>
      <header class="page">
        <div>
          <h1>Roles</h1>
          <p class="lead">What of Google’s gives somebody a role here.</p>
        </div>
        <a class="button main" href={RULE_PATH}>
          Add a rule
        </a>
      </header>
      <UnderWay recompute={recompute} />
      <section class="flow">
        <h2>Rules</h2>
        <Rules {...props} />
        {effects === null && (
          <p class="quiet">
            {`There are ${number(people)} people. `}
            <a href={`${ROLES_PATH}?count=yes`}>Count whom each rule gives a role</a>
          </p>
        )}
      </section>
      <section class="flow">
        <h2>Who has which role</h2>
        <WhoHas counts={counts} />
      </section>
      <section class="flow">
        <h2>Decided by hand</h2>
        <ByHand byHand={byHand} />
      </section>
    </>
  );
}
