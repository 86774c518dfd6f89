// The frame of the pages for those who run the deployment: console, set-up, Marketplace kit. A page is its title, its
// place in the navigation, and what stands in <main>.
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';

export const OPERATOR_STYLE_PATH = '/operator.css';
export const OPERATOR_SCRIPT_PATH = '/operator.js';

export interface NavItem {
  href: string;
  label: string;
}

interface OperatorPageProps {
  title: string;
  /** What the visitor may open; empty for strangers. */
  nav?: readonly NavItem[];
  /** The `href` of the item that this page is. */
  here?: string;
  /** The name of whoever is signed in, who may then sign out. */
  who?: string | null;
  children?: Child;
}

function Top({ nav = [], here, who }: Pick<OperatorPageProps, 'nav' | 'here' | 'who'>) {
  return (
    <header class="top">
      <div>
        <a class="mark" href="/">
          <span aria-hidden="true">✓</span>Rollcall
        </a>
        {nav.length > 0 && (
          <nav aria-label="Console">
            <ul>
              {nav.map(({ href, label }) => (
                <li>
                  <a href={href} aria-current={href === here ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
        {who && (
          <div class="who">
            <bdi>{who}</bdi>
            <form method="post" action="/auth/logout">
              <button class="tiny" type="submit">
                Sign out
              </button>
            </form>
          </div>
        )}
      </div>
    </header>
  );
}

function OperatorPage(props: OperatorPageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${props.title} · Rollcall`}</title>
        <link rel="stylesheet" href={OPERATOR_STYLE_PATH} />
        <link rel="icon" href="/icons/icon.svg" type="image/svg+xml" />
        <script src={OPERATOR_SCRIPT_PATH} defer></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Top
          nav={props.nav ?? []}
          {...(props.here ? { here: props.here } : {})}
          who={props.who ?? null}
        />
        <main id="main">{props.children}</main>
      </body>
    </html>
  );
}

/** A whole HTML document. */
export function operatorDocument(props: OperatorPageProps) {
  return html`<!DOCTYPE html>${OperatorPage(props)}`;
}

/** A page that says one thing: no permission, an error, a link that is over. */
export function operatorNotice(props: OperatorPageProps & { text: Child }) {
  const { text, children, ...page } = props;
  return operatorDocument({
    ...page,
    children: (
      <div class="card narrow">
        <h1>{page.title}</h1>
        <p class="lead">{text}</p>
        {children}
      </div>
    ),
  });
}
