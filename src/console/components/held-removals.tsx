// People whose removal waits for a word, with their names, and the two words that can be said about all of them. A word
// names the list that was shown, so that nobody is removed who was not on it.
import type { HeldRemoval } from '../../db/held-removals.ts';
import { Moment } from '../../page/moment.tsx';
import type { HeldGlance, HeldList } from '../../sync/held-removals.ts';
import { HELD_PATH } from '../paths.ts';
import { Listing } from './listing.tsx';

const WHY = {
  guard: 'Google no longer knows them; more than the guard allows',
  missing: 'Left out of Google’s list; not asked about',
  'last-admin': 'Google no longer knows them; the last super admin',
} as const;

const peopleIn = (count: number) => (count === 1 ? 'this one person' : `these ${count} people`);

function Approve({ list }: { list: HeldList }) {
  const count = list.removals.length;
  return (
    <form class="card" method="post" action={`${HELD_PATH}/approve`}>
      <h3>They have left</h3>
      <p class="quiet small">
        Each is looked at once more. Whoever Google still denies is removed, with their sessions;
        whoever it knows stays.
      </p>
      <input type="hidden" name="hash" value={list.hash} />
      <label class="check">
        <input type="checkbox" name="looked" value="yes" required />
        <span>I have looked at {peopleIn(count)}</span>
      </label>
      <p class="actions">
        <button class="grave" type="submit">
          Remove these {count}
        </button>
      </p>
    </form>
  );
}

function Keep({ list }: { list: HeldList }) {
  return (
    <form class="card" method="post" action={`${HELD_PATH}/reject`}>
      <h3>That is a mistake</h3>
      <p class="quiet small">
        Everybody stays, and is not asked about for 24 hours. Whoever Google shows again leaves this
        list by itself.
      </p>
      <input type="hidden" name="hash" value={list.hash} />
      <p class="actions">
        <button type="submit">Keep these {list.removals.length}</button>
      </p>
    </form>
  );
}

const nameOf = ({ fullName, email }: HeldRemoval) => fullName || email;
const ORDER = new Intl.Collator('en');
const byName = (a: HeldRemoval, b: HeldRemoval) => ORDER.compare(nameOf(a), nameOf(b));

/** More than anybody looks at, and half of what a page may weigh. */
const NAMES_ON_ITS_PAGE = 2_000;
/** The words that can be said about a whole list. */
function WhatToDo({ list }: { list: HeldList }) {
  const { length } = list.removals;
  // Nobody approves of names that they have not seen.
  const isTooLong = length > NAMES_ON_ITS_PAGE;
  return (
    <>
      {isTooLong && (
        <p>
          These are {NAMES_ON_ITS_PAGE} of {length}. So many at once are hardly leavers: see in the
          Admin console whether they are there. If they have left all the same, the whole list is at{' '}
          <code>/api/v1/held-removals</code>, to be approved there.
        </p>
      )}
      <div class="two">
        {!isTooLong && <Approve list={list} />}
        <Keep list={list} />
      </div>
    </>
  );
}

function Names({ removals }: { removals: readonly HeldRemoval[] }) {
  return (
    <Listing
      label="People whose removal is held"
      columns={['Person', 'Organisation unit', 'Why', 'Since']}
    >
      {removals.map(({ fullName, email, status, isAdmin, orgUnitPath, reason, sinceMs }) => (
        <tr>
          <td>
            <bdi>{fullName || email}</bdi>{' '}
            {isAdmin === 1 && <span class="tag bad">super admin</span>}{' '}
            {status !== 'active' && <span class="tag">{status}</span>}
            <small>
              <bdi>{email}</bdi>
            </small>
          </td>
          <td>
            <bdi>{orgUnitPath}</bdi>
          </td>
          <td>{WHY[reason]}</td>
          <td>
            <Moment ms={sinceMs} />
          </td>
        </tr>
      ))}
    </Listing>
  );
}

/** All of them, and what can be said about them. */
export function HeldRemovals({ list }: { list: HeldList }) {
  // The list itself is in order of id, which nobody looks anybody up by.
  const shown = list.removals.toSorted(byName).slice(0, NAMES_ON_ITS_PAGE);
  return (
    <>
      <Names removals={shown} />
      <WhatToDo list={list} />
    </>
  );
}

/** A few, and the way to all of them; a word is about everybody, so it is said there. */
export function HeldAtAGlance({ held }: { held: HeldGlance }) {
  if (held.list !== null) return <HeldRemovals list={held.list} />;
  return (
    <>
      <Names removals={held.first.toSorted(byName)} />
      <p class="actions">
        <a class="button" href={HELD_PATH}>
          Look at all {held.waiting} and decide
        </a>
        <span class="quiet">These are {held.first.length} of them.</span>
      </p>
    </>
  );
}
