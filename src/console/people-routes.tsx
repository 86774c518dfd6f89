// The routes of people: the search, one person, and what an operator does about them.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';
import { directoryOf, portsOf } from './act.ts';
import { type ConsoleContext, consolePage } from './page.tsx';
import { NoSuchPage, PeoplePage } from './pages/people.tsx';
import { PEOPLE_PATH } from './paths.ts';
import { findPeople, questionOf } from './people-search.ts';

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

/** Everything under /console/people. */
export const people = new Hono<ConsoleEnv>().get('/', search);
