// One person: how they stand, their roles with the why of each, where they are signed in, what Google says of them, and what
// happened to them.
import { Photo } from '../../page/photo.tsx';
import { Events } from '../components/events.tsx';
import { CustomFields, PersonFacts } from '../components/person-facts.tsx';
import { PersonRolesList } from '../components/person-roles.tsx';
import { PersonSessions } from '../components/person-sessions.tsx';
import { StatusTag } from '../components/status-tag.tsx';
import { lookPath, personPath } from '../paths.ts';
import type { PersonView } from '../person.ts';

interface PersonPageProps {
  view: PersonView;
  /** Whether the operator is a super admin. */
  isSuperAdmin: boolean;
  /** The handle of the operator's own session, where this person is the operator. */
  ownSession: string | null;
}

function Head({ person }: Pick<PersonView, 'person'>) {
  const { id, fullName, email, photoUrl, status, isAdmin, isDelegatedAdmin } = person;
  return (
    <header class="page person">
      <Photo name={fullName || email} url={photoUrl} />
      <div>
        <h1>
          <bdi>{fullName || email}</bdi>
        </h1>
        <p class="quiet">
          <bdi>{email}</bdi>
        </p>
        <ul class="tags">
          <li>
            <StatusTag status={status} />
          </li>
          {isAdmin === 1 && <li class="tag bad">super admin</li>}
          {isDelegatedAdmin === 1 && <li class="tag">delegated admin</li>}
        </ul>
      </div>
      <form method="post" action={lookPath(id)}>
        <button type="submit">Look again now</button>
      </form>
    </header>
  );
}

function Timeline({ view: { person, events, isLatest } }: Pick<PersonPageProps, 'view'>) {
  return (
    <section id="timeline">
      <h2>What happened</h2>
      {events.events.length === 0 ? (
        <p class="nothing">
          {isLatest ? 'No event about them is kept.' : 'There is nothing before that.'}
        </p>
      ) : (
        <Events events={events.events} isOnesOwn />
      )}
      {(events.next !== null || !isLatest) && (
        <nav class="actions" aria-label="Pages of what happened">
          {!isLatest && (
            <a class="button" href={`${personPath(person.id)}#timeline`}>
              Latest
            </a>
          )}
          {events.next !== null && (
            <a class="button" href={`${personPath(person.id)}?before=${events.next}#timeline`}>
              Older
            </a>
          )}
        </nav>
      )}
    </section>
  );
}

export function PersonPage({ view, isSuperAdmin, ownSession }: PersonPageProps) {
  const { person, roles, sessions } = view;
  const isGone = person.status === 'deleted';
  return (
    <>
      <Head person={person} />
      <section>
        <h2>Roles, and why</h2>
        <PersonRolesList
          userId={person.id}
          roles={roles}
          isGone={isGone}
          isSuperAdmin={isSuperAdmin}
        />
      </section>
      <div class="two">
        <section>
          <h2>What Google says</h2>
          <div class="card">
            <PersonFacts person={person} />
          </div>
        </section>
        <div class="flow">
          <section>
            <h2>Custom fields</h2>
            <div class="card stacked">
              <CustomFields json={person.customSchemas} />
            </div>
          </section>
          <section>
            <h2>Sessions</h2>
            <PersonSessions userId={person.id} sessions={sessions} own={ownSession} />
          </section>
        </div>
      </div>
      <Timeline view={view} />
    </>
  );
}

/** Nobody of this directory has the id. */
export function NobodyPage() {
  return (
    <>
      <header class="page">
        <h1>Nobody is here by that id</h1>
      </header>
      <p class="nothing">
        The address may have been mistyped, or they were removed so long ago that nothing of them is
        kept.
      </p>
    </>
  );
}
