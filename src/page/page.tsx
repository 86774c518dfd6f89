// The frame of every page that a person sees here: one column, one style sheet, no inline script or style. The CSP in
// headers.ts allows nothing else.
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';

interface PageProps {
  title: string;
  /** A small page inside somebody else's: without our mark. */
  framed?: boolean;
  /** Path of the one script, if the page has one. */
  script?: string;
  children?: Child;
}

function Page({ title, framed = false, script, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="/icons/icon.svg" type="image/svg+xml" />
        {script && <script src={script} defer></script>}
      </head>
      <body class={framed ? 'framed' : ''}>
        <main>
          {!framed && (
            <p class="mark">
              <span aria-hidden="true">✓</span>Rollcall
            </p>
          )}
          {children}
        </main>
      </body>
    </html>
  );
}

/** A whole HTML document. */
export function htmlDocument(props: PageProps) {
  return html`<!DOCTYPE html>${Page(props)}`;
}
