// The roles of one person, each with its why: which rule, which value of Google's, who decided by hand, since when. And the
// ways to decide by hand.

import { Moment } from '../../page/moment.tsx';
import { describeSource } from '../../roles/describe.ts';
import type { HandState } from '../../roles/edit.ts';
import { isReservedRole } from '../../roles/rule.ts';
import type { PersonRoles, RoleWhy } from '../../roles/why.ts';
import { personRolesPath } from '../paths.ts';
import { Listing } from './listing.tsx';

type Grant = RoleWhy['grants'][number];
type Because = Grant['because'];

/** What of Google's it was, where the rule does not say it already. */
function Found({ because: { kind, at, value } }: { because: Because }) {
  if (kind === 'everyone' || kind === 'super-admin' || kind === 'group') return null;
  if (kind === 'org-unit') {
    return (
      <small>
        They are in <bdi>{at}</bdi>
      </small>
    );
  }
  return (
    <small>
      <bdi>{at}</bdi> is <bdi>{kind === 'value' ? value : 'ticked'}</bdi>
    </small>
  );
}

function ByRule({ rule, because }: Grant) {
  return (
    <li>
      Rule {rule.id}: <bdi>{describeSource(rule.source)}</bdi>
      <Found because={because} />
    </li>
  );
}

function ByHand({ byHand }: { byHand: NonNullable<RoleWhy['byHand']> }) {
  const { kind, madeBy, madeByName, madeMs, reason } = byHand;
  return (
    <li>
      {kind === 'added' ? 'Given by hand by ' : 'Excepted by hand by '}
      <bdi>{madeByName ?? madeBy}</bdi>, <Moment ms={madeMs} />
      <small>
        “<bdi>{reason}</bdi>”
      </small>
    </li>
  );
}

/** Whether somebody should have a role by what is known now. */
const isDue = ({ grants, byHand }: RoleWhy) =>
  byHand === null ? grants.length > 0 : byHand.kind === 'added';

function State({ why, isGone }: { why: RoleWhy; isGone: boolean }) {
  if (why.byHand?.kind === 'excepted' && !why.has) return <span class="tag wait">Excepted</span>;
  if (!isGone && why.has !== isDue(why))
    return <span class="tag wait">{why.has ? 'About to go' : 'About to come'}</span>;
  return null;
}

interface DecideProps {
  userId: string;
  role: string;
  to: HandState;
  seen: HandState;
}

function Hidden({ role, to, seen }: Omit<DecideProps, 'userId'>) {
  return (
    <>
      <input type="hidden" name="role" value={role} />
      <input type="hidden" name="to" value={to} />
      <input type="hidden" name="seen" value={seen} />
    </>
  );
}

const MAX_REASON = 300;

function Except({ userId, role, at }: { userId: string; role: string; at: number }) {
  const id = `except-${at}`;
  return (
    <details>
      <summary>
        Except
        <span class="unseen">
          {' '}
          them from <bdi>{role}</bdi>
        </span>
      </summary>
      <form class="stack-form" method="post" action={personRolesPath(userId)}>
        <Hidden role={role} to="excepted" seen="none" />
        <label class="field" for={id}>
          <span>Why they are not to have it</span>
          <input id={id} type="text" name="reason" required maxlength={MAX_REASON} />
        </label>
        <p>
          <button class="tiny grave" type="submit">
            Except from this role
          </button>
        </p>
      </form>
    </details>
  );
}

function TakeBack({ userId, role, seen }: { userId: string; role: string; seen: HandState }) {
  return (
    <form method="post" action={personRolesPath(userId)}>
      <Hidden role={role} to="none" seen={seen} />
      <button class="tiny" type="submit">
        Take back
        <span class="unseen">
          {' '}
          what was decided about <bdi>{role}</bdi>
        </span>
      </button>
    </form>
  );
}

interface RolesProps {
  userId: string;
  roles: PersonRoles;
  /** Gone: nothing more is decided about them. */
  isGone: boolean;
  /** Whether the operator may give and take power inside this deployment. */
  isSuperAdmin: boolean;
}

function Decision({
  userId,
  why,
  at,
  mayDecide,
}: {
  userId: string;
  why: RoleWhy;
  at: number;
  mayDecide: boolean;
}) {
  const { role, byHand, grants } = why;
  if (!mayDecide) return <span class="quiet">None of yours</span>;
  if (byHand !== null) return <TakeBack userId={userId} role={role} seen={byHand.kind} />;
  return grants.length > 0 ? <Except userId={userId} role={role} at={at} /> : null;
}

function Row({
  userId,
  why,
  at,
  isGone,
  mayDecide,
}: {
  userId: string;
  why: RoleWhy;
  at: number;
  isGone: boolean;
  mayDecide: boolean;
}) {
  const { role, has, grants, byHand, sinceMs } = why;
  return (
    <tr>
      <td class="role">
        <bdi>{role}</bdi> <State why={why} isGone={isGone} />
      </td>
      <td class="why">
        <ul class="plain">
          {byHand && <ByHand byHand={byHand} />}
          {grants.map((grant) => (
            <ByRule {...grant} />
          ))}
          {byHand === null && grants.length === 0 && <li>Nothing gives it any more</li>}
        </ul>
      </td>
      <td>
        {has && (sinceMs === null ? 'Before the oldest event' : <Moment ms={sinceMs} />)}
        {!has && <span class="quiet">Does not have it</span>}
      </td>
      <td>
        <Decision
          userId={userId}
          why={why}
          at={at}
          mayDecide={mayDecide && !(isGone && byHand === null)}
        />
      </td>
    </tr>
  );
}

function GiveByHand({ userId, isSuperAdmin }: { userId: string; isSuperAdmin: boolean }) {
  return (
    <details class="card give">
      <summary>Give a role by hand</summary>
      <form class="stack-form" method="post" action={personRolesPath(userId)}>
        <input type="hidden" name="to" value="added" />
        <input type="hidden" name="seen" value="none" />
        <label class="field" for="give-role">
          <span>Role</span>
          <input
            id="give-role"
            type="text"
            name="role"
            required
            maxlength={64}
            pattern="[A-Za-z0-9:_.\-]+"
            title="Letters, digits and : _ . -"
            autocomplete="off"
          />
        </label>
        <label class="field" for="give-reason">
          <span>Why they are to have it</span>
          <input id="give-reason" type="text" name="reason" required maxlength={MAX_REASON} />
        </label>
        {isSuperAdmin && (
          <p class="quiet small">
            <code>rollcall:admin</code> opens this console to them, and is a super admin’s to give.
          </p>
        )}
        <p>
          <button type="submit">Give this role</button>
        </p>
      </form>
    </details>
  );
}

/** What rules found that is no role's name. */
function Misfits({ misfits }: Pick<PersonRoles, 'misfits'>) {
  return (
    <ul class="notes">
      {misfits.map(({ ruleId, name, because }) => (
        <li>
          Rule {ruleId}: <bdi>{because.at || 'everyone'}</bdi> would give <bdi>{name}</bdi>, which
          is no role’s name.
        </li>
      ))}
    </ul>
  );
}

export function PersonRolesList({ userId, roles, isGone, isSuperAdmin }: RolesProps) {
  return (
    <>
      {roles.roles.length === 0 ? (
        <p class="nothing">They have no role.</p>
      ) : (
        <div class="roles">
          <Listing label="Roles" columns={['Role', 'Why', 'Since', 'By hand']}>
            {roles.roles.map((why, at) => (
              <Row
                userId={userId}
                why={why}
                at={at}
                isGone={isGone}
                mayDecide={isSuperAdmin || !isReservedRole(why.role)}
              />
            ))}
          </Listing>
        </div>
      )}
      {roles.misfits.length > 0 && <Misfits misfits={roles.misfits} />}
      {!isGone && <GiveByHand userId={userId} isSuperAdmin={isSuperAdmin} />}
    </>
  );
}
