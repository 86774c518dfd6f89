// The frame of every page of the console: who looks at it, what else they may open, and what became of what they just did.
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { operatorDocument } from '../page/operator-page.tsx';
import { Said } from '../page/said.tsx';
import { nameOf } from '../sso/session.ts';
import { type ConsoleEnv, navFor } from './access.ts';

export type ConsoleContext = Context<ConsoleEnv>;

interface ConsolePage {
  title: string;
  /** The `href` of the item of the navigation that this page belongs to. */
  here: string;
  /** What stands in place of what the address says of the last action. */
  word?: Child;
  status?: 200 | 400 | 404 | 409;
  children: Child;
}

/** Answers with a page. */
export function consolePage(
  c: ConsoleContext,
  { title, here, word, status = 200, children }: ConsolePage,
) {
  const operator = c.get('operator');
  const said = word ?? <Said said={c.req.query('said')} n={c.req.query('n')} />;
  const document = operatorDocument({
    title,
    here,
    nav: navFor(operator),
    who: nameOf(operator),
    children: (
      <>
        {said}
        {children}
      </>
    ),
  });
  return c.html(document, status);
}

/** Nothing was done, and why: above the page as it stands now. */
export function Refused({ children }: { children: Child }) {
  return (
    <p class="said bad" role="alert">
      {children}
    </p>
  );
}
