// The form that finds people: one field for what is known of somebody, and what narrows it down. A GET, so that a search can
// be kept and passed on.
import { USER_STATUSES } from '../../db/schema.ts';
import { PEOPLE_PATH } from '../paths.ts';
import type { PeopleQuestion } from '../people-search.ts';

const STATUS_WORDS = {
  active: 'Active',
  suspended: 'Suspended',
  archived: 'Archived',
  deleted: 'Deleted',
} as const;

export function PeopleSearchForm({ question }: { question: PeopleQuestion }) {
  const { q, role, orgUnit, status } = question;
  return (
    <search>
      <form class="card search" method="get" action={PEOPLE_PATH}>
        <label class="field all" for="q">
          <span>Name, address or id</span>
          <input
            id="q"
            type="search"
            name="q"
            value={q}
            maxlength={200}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
          />
        </label>
        <label class="field" for="role">
          <span>Role</span>
          <input type="text" id="role" name="role" value={role} maxlength={64} autocomplete="off" />
        </label>
        <label class="field" for="org_unit">
          <span>Organisation unit, or below it</span>
          <input
            id="org_unit"
            type="text"
            name="org_unit"
            value={orgUnit}
            maxlength={1_000}
            placeholder="/"
            autocomplete="off"
          />
        </label>
        <label class="field" for="status">
          <span>Status</span>
          <select id="status" name="status">
            <option value="">Any</option>
            {USER_STATUSES.map((one) => (
              <option value={one} selected={one === status}>
                {STATUS_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
        <button class="main" type="submit">
          Search
        </button>
      </form>
    </search>
  );
}
