// The routes of people: the search, one person, and what an operator does about them.
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { seqIn } from '../cursor.ts';
import { HANDLE_LENGTH } from '../db/own-sessions.ts';
import { readPerson } from '../db/people.ts';
import { presentedToken } from '../sso/session.ts';
import { hashOf } from '../sso/token.ts';
import type { ConsoleEnv } from './access.ts';
import { directoryOf, portsOf } from './act.ts';
import { type ConsoleContext, consolePage } from './page.tsx';
import { NoSuchPage, PeoplePage } from './pages/people.tsx';
import { NobodyPage, PersonPage } from './pages/person.tsx';
import { PEOPLE_PATH } from './paths.ts';
import { findPeople, questionOf } from './people-search.ts';
import { isPersonId, readPersonView } from './person.ts';
import {
  type About,
  decideByHand,
  endSessions,
  lookNow,
  type ShowAgain,
} from './person-actions.tsx';
import { whereGoogleIs } from './where-google-is.tsx';

async function search(c: ConsoleContext): Promise<Response> {
  const question = questionOf((name) => c.req.query(name));
  const after = c.req.query('after') ?? '';
  const found = await findPeople(portsOf(c), directoryOf(c), question, after);
  const page = { title: 'People', here: PEOPLE_PATH };
  if (found === null) {
    const children = <NoSuchPage question={question} />;
    return consolePage(c, { ...page, status: 400, children });
  }
  const children = <PeoplePage question={question} found={found} isFirst={after === ''} />;
  return consolePage(c, { ...page, children });
}

function nobody(c: ConsoleContext) {
  const page = { title: 'Nobody', here: PEOPLE_PATH, status: 404 } as const;
  return consolePage(c, { ...page, children: <NobodyPage /> });
}

/** Which of a person's sessions is the one that asks. */
async function ownSessionOf(c: ConsoleContext, id: string): Promise<string | null> {
  if (c.get('operator').user.id !== id) return null;
  const token = presentedToken(c.get('config'), c.req.header('cookie'), 'page');
  return token && (await hashOf(token)).slice(0, HANDLE_LENGTH);
}

async function person(
  c: ConsoleContext,
  id: string,
  again?: { word: Child; status: 400 | 409 },
): Promise<Response> {
  const view = await readPersonView(portsOf(c), directoryOf(c), id, seqIn(c.req.query('before')));
  if (view === null) return nobody(c);
  const children = (
    <PersonPage
      view={view}
      isSuperAdmin={c.get('operator').user.isAdmin}
      ownSession={await ownSessionOf(c, id)}
    />
  );
  // No name in the title: nothing isolates it there.
  return consolePage(c, { title: 'Person', here: PEOPLE_PATH, ...again, children });
}

/** An action about somebody of the operator's own directory; about anybody else there is nothing to do. */
const about =
  (work: (c: ConsoleContext, about: About, show: ShowAgain) => Promise<Response>) =>
  async (c: ConsoleContext): Promise<Response> => {
    const id = c.req.param('id') ?? '';
    const known = isPersonId(id) ? await readPerson(portsOf(c).db, directoryOf(c), id) : null;
    if (known === null) return nobody(c);
    return work(c, known, (word, status) => person(c, id, { word, status }));
  };

/** Everything under /console/people. */
export const people = new Hono<ConsoleEnv>()
  .get('/', search)
  .get('/:id', (c) => person(c, c.req.param('id')))
  .post('/:id/roles', about(decideByHand))
  .post('/:id/sessions/end', about(endSessions))
  .post('/:id/look', whereGoogleIs, about(lookNow));
