// The Admin console of the fake Workspace: pages for a person at this machine to do what an admin
// does, and to switch faults on. Works without JavaScript; another site can't drive it, because a
// POST must come from the console's own pages.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Google } from '../google.ts';
import { ownPagesOnly } from '../own-pages-only.ts';
import { WorkspaceError } from '../workspace-error.ts';
import { accessRoutes } from './access-routes.ts';
import { channelRoutes } from './channel-pages.ts';
import { faultRoutes } from './fault-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { page } from './layout.ts';
import { peopleRoutes } from './people-routes.ts';
import { personRoutes } from './person-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

export type ReadAsset = (name: 'console.css' | 'console.js') => string;

export function adminConsole(google: Google, readAsset: ReadAsset): Hono {
  const app = new Hono();
  app.get('/assets/console.css', (c) => {
    c.header('content-type', 'text/css; charset=utf-8');
    c.header('cache-control', 'no-cache');
    return c.body(readAsset('console.css'));
  });
  app.get('/assets/console.js', (c) => {
    c.header('content-type', 'text/javascript; charset=utf-8');
    c.header('cache-control', 'no-cache');
    return c.body(readAsset('console.js'));
  });

  const pages = new Hono();
  for (const path of [
    '/',
    '/people/*',
    '/deleted/*',
    '/groups/*',
    '/channels/*',
    '/sign-in/*',
    '/faults/*',
    '/access/*',
  ]) {
    pages.use(path, headers, ownPagesOnly);
  }
  pages.route('/', peopleRoutes(google));
  pages.route('/', personRoutes(google));
  pages.route('/', groupRoutes(google));
  pages.route('/', channelRoutes(google));
  pages.route('/', faultRoutes(google));
  pages.route('/', accessRoutes(google));
  pages.route('/', signInRoutes(google));
  pages.onError((error, c) => {
    if (!(error instanceof WorkspaceError)) throw error;
    c.status(error.reason === 'notFound' ? 404 : 409);
    return c.html(page(google, { title: 'Not possible', at: '', problem: sentence(error) }));
  });
  app.route('/', pages);
  return app;
}

const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  referrerPolicy: 'same-origin',
  // This is http on loopback: a promise of https would lock the name up for other programs.
  strictTransportSecurity: false,
});

function sentence(error: WorkspaceError): string {
  if (error.reason === 'duplicate') return 'Somebody else has this address already.';
  if (error.message.startsWith('Cyclic'))
    return 'A group can’t be in itself, nor in one of its own.';
  if (error.reason === 'invalid') return 'This is not an email address.';
  return error.message === 'Domain not found.'
    ? 'This address is in a domain that the company does not have.'
    : error.message.startsWith('no group')
      ? 'There is no such group, or no longer.'
      : 'There is no such person, or no longer.';
}
