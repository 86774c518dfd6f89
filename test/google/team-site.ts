// An intranet page with the app in a frame, as a Google Sites page embeds one. Meant to be opened on
// 127.0.0.1, which browsers take for another site than the app's localhost, cookies and all.
//
//   /sites/team?coop=same-origin    the page cuts itself off from windows of other origins
//   /sites/team?sandbox=no-popups   the frame may not open windows
import { Hono } from 'hono';
import { html } from 'hono/html';
import { SITE_STYLE } from './team-site-style.ts';

export function teamSite(appOrigin: string | null): Hono {
  const app = new Hono();
  app.get('/sites/style.css', (c) => {
    c.header('content-type', 'text/css; charset=utf-8');
    c.header('cache-control', 'no-cache');
    return c.body(SITE_STYLE);
  });

  app.get('/sites/team', (c) => {
    const frames = appOrigin === null ? "'none'" : new URL(appOrigin).origin;
    c.header(
      'content-security-policy',
      `default-src 'none'; style-src 'self'; img-src data:; frame-src ${frames}; frame-ancestors 'none'; form-action 'none'; base-uri 'none'`,
    );
    c.header('cache-control', 'no-store');
    if (c.req.query('coop') === 'same-origin') {
      c.header('cross-origin-opener-policy', 'same-origin');
    }
    const isSandboxed = c.req.query('sandbox') === 'no-popups';
    return c.html(page(appOrigin, isSandboxed));
  });
  return app;
}

function page(appOrigin: string | null, isSandboxed: boolean) {
  const sandbox = html`sandbox="allow-scripts allow-forms allow-same-origin"`;
  const frame =
    appOrigin === null
      ? html`<p class="empty">No app is configured for this page.</p>`
      : html`<iframe src="${new URL('/embed/sample', appOrigin).href}" title="Rollcall" ${isSandboxed ? sandbox : ''}></iframe>`;
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Team site</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/sites/style.css">
</head>
<body>
  <header><p>Intranet</p><h1>Team site</h1></header>
  <main>
    <p>Welcome. This page belongs to the company’s intranet; the box below is an app that somebody put here.</p>
    ${frame}
    <p class="small">Opened on another site than the app: what a browser keeps from frames, it keeps from this one.</p>
  </main>
</body>
</html>`;
}
