// People: the search, what was searched for, and a page of whom it found.
import type { PersonSummary } from '../../db/people.ts';
import { Listing } from '../components/listing.tsx';
import { PeopleSearchForm } from '../components/people-search-form.tsx';
import { StatusTag } from '../components/status-tag.tsx';
import { PEOPLE_PATH, personPath } from '../paths.ts';
import {
  addressOf,
  PEOPLE_ON_A_PAGE,
  type PeopleFound,
  type PeopleQuestion,
} from '../people-search.ts';

const ROLES_SHOWN = 3;

function Roles({ json }: { json: string }) {
  const roles = JSON.parse(json) as string[];
  if (roles.length === 0) return <span class="quiet">None</span>;
  const more = roles.length - ROLES_SHOWN;
  return (
    <ul class="tags">
      {roles.slice(0, ROLES_SHOWN).map((role) => (
        <li class="tag">
          <bdi>{role}</bdi>
        </li>
      ))}
      {more > 0 && (
        <li>
          <span aria-hidden="true">+{more}</span>
          <span class="unseen">and {more} more</span>
        </li>
      )}
    </ul>
  );
}

function Row({ id, email, fullName, status, isAdmin, orgUnitPath, roles }: PersonSummary) {
  return (
    <tr>
      <td class="who-is">
        <a href={personPath(id)}>
          <bdi>{fullName || email}</bdi>
        </a>{' '}
        {isAdmin === 1 && <span class="tag bad">super admin</span>}
        <small>
          <bdi>{email}</bdi>
        </small>
      </td>
      <td class="word">
        <StatusTag status={status} />
      </td>
      <td>
        <Roles json={roles} />
      </td>
      <td>
        <bdi>{orgUnitPath}</bdi>
      </td>
    </tr>
  );
}

/** What was searched for, in words; what somebody typed stays text. */
function Sought({ question, found }: { question: PeopleQuestion; found: PeopleFound }) {
  const { q, role, orgUnit, status } = question;
  if (found.sought === 'id') {
    return (
      <>
        the person with the id <bdi>{q}</bdi>
      </>
    );
  }
  const ways = { address: 'an address that begins with', words: 'a name or address with' } as const;
  const way = found.sought === 'address' ? ways.address : ways.words;
  return (
    <>
      {status === '' ? 'everybody' : `${status} people`}
      {q !== '' && (
        <>
          {' '}
          with {way} “<bdi>{q}</bdi>”
        </>
      )}
      {role !== '' && (
        <>
          {q === '' ? ' with' : ' and'} the role <bdi>{role}</bdi>
        </>
      )}
      {orgUnit !== '' && (
        <>
          {' '}
          in <bdi>{orgUnit}</bdi> or below it
        </>
      )}
    </>
  );
}

interface PeopleView {
  question: PeopleQuestion;
  found: PeopleFound;
  isFirst: boolean;
}

function Count({ question, found, isFirst }: PeopleView) {
  const { people, next } = found;
  const isAll = isFirst && next === null;
  const count = isAll ? `${people.length} found` : `${people.length} on this page`;
  return (
    <p class="quiet" role="status">
      {people.length > 0 && `${count}: `}
      {people.length > 0 ? (
        <Sought question={question} found={found} />
      ) : (
        <>
          Looked for <Sought question={question} found={found} />.
        </>
      )}
    </p>
  );
}

/** The next page; behind one that is not full, what it is for. */
function GoOn({ question, found }: Omit<PeopleView, 'isFirst'>) {
  const { people, next } = found;
  if (next === null) return null;
  const isShort = people.length < PEOPLE_ON_A_PAGE;
  return (
    <>
      <a class="button" href={addressOf(PEOPLE_PATH, question, next)} rel="next">
        {isShort ? 'Look further' : 'Next page'}
      </a>
      {isShort && (
        <span class="quiet">
          {people.length === 0 ? 'Nobody' : 'Nobody else'} among those who were looked through so
          far. There are more.
        </span>
      )}
    </>
  );
}

function NobodyFound({ question, found, isFirst }: PeopleView) {
  const isUnfiltered = addressOf(PEOPLE_PATH, question, null) === PEOPLE_PATH;
  if (isUnfiltered && isFirst)
    return (
      <p class="nothing">
        Nobody is here yet. The first pass through the directory brings them in.
      </p>
    );
  if (!isFirst) return <p class="nothing">Nobody more was found.</p>;
  return (
    <div class="nothing">
      <p>Nobody was found.</p>
      <p>
        {found.sought === 'nothing'
          ? 'There is no letter or digit in what you typed.'
          : 'Words are found by their beginnings, and all of them have to be there; an address by its beginning; an id as a whole.'}
      </p>
    </div>
  );
}

/** @param isFirst whether this is the first page of the search */
export function PeoplePage(view: PeopleView) {
  const { question, found, isFirst } = view;
  const { people, next } = found;
  return (
    <>
      <header class="page">
        <h1>People</h1>
      </header>
      <PeopleSearchForm question={question} />
      <section>
        <h2 class="unseen">Who was found</h2>
        {(people.length > 0 || question.q !== '' || next !== null || !isFirst) && (
          <Count {...view} />
        )}
        {people.length === 0 && next === null && <NobodyFound {...view} />}
        {people.length > 0 && (
          <Listing label="People" columns={['Person', 'Status', 'Roles', 'Organisation unit']}>
            {people.map((person) => (
              <Row {...person} />
            ))}
          </Listing>
        )}
        {(next !== null || !isFirst) && (
          <nav class="actions" aria-label="Pages">
            {!isFirst && (
              <a class="button" href={addressOf(PEOPLE_PATH, question, null)}>
                First page
              </a>
            )}
            <GoOn question={question} found={found} />
          </nav>
        )}
      </section>
    </>
  );
}

/** An address that goes on from nowhere. */
export function NoSuchPage({ question }: { question: PeopleQuestion }) {
  return (
    <>
      <header class="page">
        <h1>People</h1>
      </header>
      <PeopleSearchForm question={question} />
      <div class="nothing">
        <p>
          There is no such page of this search: its address was cut off, changed, or belongs to
          another search.
        </p>
        <p class="actions">
          <a class="button" href={addressOf(PEOPLE_PATH, question, null)}>
            First page
          </a>
        </p>
      </div>
    </>
  );
}
