// The sign-in side: the apps that may sign people in and what the admin decided about them, how the
// accounts site behaves, its keys and consents, and who is signed in at Google in this very browser.
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Google } from '../google.ts';
import type { Account } from '../openid/accounts.ts';
import { accountsCookie, signedInAccounts } from '../openid/browser-accounts.ts';
import type { OAuthClient } from '../openid/clients.ts';
import { ADMIN_POLICIES, COOPS, type OpenId, SILENT_ERRORS } from '../openid/openid.ts';
import { action, avatar, type Html, page, textOf } from './layout.ts';

const NOTICES: Record<string, string> = {
  saved: 'Saved. It holds from the next sign-in on.',
  consents: 'Forgotten: whoever signs in is asked again, unless the app is installed.',
  keys: 'A new key signs from now on. The oldest has left the published set.',
  out: 'Nobody is signed in at Google in this browser any more.',
};

const CLIENT_ACTS: Record<string, (client: OAuthClient) => void> = {
  install: (client) => {
    client.installed = true;
  },
  uninstall: (client) => {
    client.installed = false;
  },
  internal: (client) => {
    client.userType = 'internal';
  },
  external: (client) => {
    client.userType = 'external';
  },
  enable: (client) => {
    client.status = 'enabled';
  },
  disable: (client) => {
    client.status = 'disabled';
  },
  delete: (client) => {
    client.status = 'deleted';
  },
};

export function signInRoutes(google: Google): Hono {
  const { openid } = google;
  const app = new Hono();
  const done = (c: Context, what: string) => c.redirect(`/sign-in?done=${what}`, 303);

  app.get('/sign-in', async (c) => {
    const signedIn = signedInAccounts(c.req.header('cookie'), openid.accounts);
    const teamSite = `http://127.0.0.1:${new URL(c.req.url).port}/sites/team`;
    const { all } = openid.clients;
    const body = html`
      <div class="head"><h1>Sign-in</h1></div>
      <p class="lead">Who may sign people of this company in, and how the accounts site behaves on the way.</p>
      <div class="columns">
        <div>
          ${all.length === 0 ? html`<p class="empty">No app is registered.</p>` : all.map(clientCard)}
          ${behaviour(openid)}
        </div>
        <div>${thisBrowser(signedIn)} ${consents(openid)} ${keys(openid)} ${frames(google, teamSite)}</div>
      </div>`;
    const notice = NOTICES[c.req.query('done') ?? ''];
    return c.html(page(google, { title: 'Sign-in', at: '/sign-in', body, notice }));
  });

  // A client's id is chosen by whoever registers it, so it travels in the form.
  app.post('/sign-in/client', async (c) => {
    const form = await c.req.parseBody();
    const client = openid.clients.find(textOf(form['clientId']));
    const act = CLIENT_ACTS[textOf(form['act'])];
    if (!client || !act) return c.text('Unusable', 400);
    act(client);
    return done(c, 'saved');
  });

  app.post('/sign-in/behaviour', async (c) => {
    const form = await c.req.parseBody();
    openid.adminPolicy = oneOf(ADMIN_POLICIES, form['adminPolicy']) ?? openid.adminPolicy;
    openid.silentError = oneOf(SILENT_ERRORS, form['silentError']) ?? openid.silentError;
    openid.coop = oneOf(COOPS, form['coop']) ?? openid.coop;
    openid.issWithoutScheme = form['issWithoutScheme'] === 'on';
    return done(c, 'saved');
  });

  app.post('/sign-in/forget-consents', (c) => {
    openid.grants.forgetConsents();
    return done(c, 'consents');
  });
  app.post('/sign-in/rotate-keys', async (c) => {
    await openid.keys.rotate();
    return done(c, 'keys');
  });
  app.post('/sign-in/sign-out', (c) => {
    c.header('set-cookie', accountsCookie([]));
    return done(c, 'out');
  });
  return app;
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((one) => one === value);
}

function clientCard(client: OAuthClient): Html {
  const { clientId, name, redirectUris, installed, userType, status } = client;
  const isEnabled = status === 'enabled';
  const act = (does: string, label: string, kind = '') =>
    html`<form method="post" action="/sign-in/client">
      <input type="hidden" name="clientId" value="${clientId}">
      <button class="${kind}" name="act" value="${does}">${label}</button>
    </form>`;
  return html`<section class="card">
    <h2><bdi>${name}</bdi> <span class="chip ${isEnabled ? 'active' : 'deleted'}">${isEnabled ? 'Enabled' : status}</span></h2>
    <dl>
      <dt>Client id</dt><dd class="mono">${clientId}</dd>
      <dt>Redirects to</dt><dd class="mono">${redirectUris.map((uri) => html`<div>${uri}</div>`)}</dd>
    </dl>
    ${row(
      'Installed for the domain',
      'Nobody of the company is asked for consent.',
      html`<span class="chip ${installed ? 'active' : ''}">${installed ? 'Installed' : 'Not installed'}</span>
        ${installed ? act('uninstall', 'Uninstall') : act('install', 'Install')}`,
    )}
    ${row(
      'User type',
      'Internal: accounts outside the company end on a page of Google’s.',
      html`<span class="chip">${userType}</span>
        ${userType === 'internal' ? act('external', 'Make external') : act('internal', 'Make internal')}`,
    )}
    ${row(
      'Client',
      'Disabled or deleted: every sign-in ends on a page of Google’s.',
      isEnabled
        ? html`${act('disable', 'Disable', 'warn')} ${act('delete', 'Delete', 'danger')}`
        : act('enable', 'Enable', 'primary'),
    )}
  </section>`;
}

function row(name: string, about: string, control: Html): Html {
  return html`<div class="fault"><div class="grow"><span class="fault-name">${name}</span>
    <small>${about}</small></div>${control}</div>`;
}

function behaviour(openid: OpenId): Html {
  const choice = (key: 'adminPolicy' | 'silentError' | 'coop', values: readonly string[]) =>
    html`<select id="sign-in-${key}" name="${key}" aria-describedby="sign-in-${key}-about">${values.map(
      (value) => html`<option ${value === openid[key] ? html`selected` : ''}>${value}</option>`,
    )}</select>`;
  const field = (key: string, label: string, about: string, control: Html) =>
    html`<div class="fault"><div class="grow">
      <label for="sign-in-${key}">${label}</label><small id="sign-in-${key}-about">${about}</small>
    </div>${control}</div>`;
  const bare = html`<input class="switch" type="checkbox" id="sign-in-issWithoutScheme" name="issWithoutScheme"
    aria-describedby="sign-in-issWithoutScheme-about" ${openid.issWithoutScheme ? html`checked` : ''}>`;
  return html`<form class="card" method="post" action="/sign-in/behaviour">
    <h2>Behaviour</h2>
    ${field(
      'adminPolicy',
      'Policy of the admin',
      'Blocked: people of the company end on a page of Google’s, admin_policy_enforced.',
      choice('adminPolicy', ADMIN_POLICIES),
    )}
    ${field(
      'silentError',
      'Error of a silent try',
      'How prompt=none fails when a page would be needed.',
      choice('silentError', SILENT_ERRORS),
    )}
    ${field(
      'coop',
      'Opener policy',
      'same-origin: a popup that comes by here loses whoever opened it.',
      choice('coop', COOPS),
    )}
    ${field(
      'issWithoutScheme',
      'Issuer without scheme',
      'ID tokens say accounts.google.com, as some have been seen to.',
      bare,
    )}
    <p class="buttons"><button class="primary">Save behaviour</button></p>
  </form>`;
}

function thisBrowser(signedIn: readonly Account[]): Html {
  return html`<section class="card">
    <h2>In this browser</h2>
    ${signedIn.length === 0 ? html`<p class="hint">Nobody is signed in at Google.</p>` : ''}
    <ul class="aliases">${signedIn.map(
      ({ id, email, name, givenName, familyName }) =>
        html`<li>${avatar({ id, name: { givenName, familyName } })}
          <span class="grow"><bdi>${name}</bdi> <small>${email}</small></span></li>`,
    )}</ul>
    ${signedIn.length === 0 ? '' : action('/sign-in/sign-out', 'Sign out of Google in this browser')}
  </section>`;
}

function consents({ grants }: OpenId): Html {
  const { length } = grants.consents;
  return html`<section class="card">
    <h2>Consents <span class="chip">${length}</span></h2>
    <p class="hint">Whoever has given one is not asked again. Installed apps need none.</p>
    ${length === 0 ? '' : action('/sign-in/forget-consents', 'Forget all consents', { kind: 'warn' })}
  </section>`;
}

function keys({ keys }: OpenId): Html {
  const published = keys.jwks().keys;
  return html`<section class="card">
    <h2>Keys</h2>
    ${published.length === 0 ? html`<p class="hint">Made when somebody asks for them.</p>` : ''}
    <ul class="log">${published.map(
      ({ kid }, at) =>
        html`<li class="mono">${kid} ${at === 0 ? html`<span class="tag">signs</span>` : ''}</li>`,
    )}</ul>
    <div class="actions">${action('/sign-in/rotate-keys', 'Rotate keys')}</div>
  </section>`;
}

/** On 127.0.0.1 the page is another site than localhost, as an intranet is to the app in its frame. */
function frames({ appOrigin }: Google, teamSite: string): Html {
  return html`<section class="card">
    <h2>In a frame</h2>
    <p class="hint">A team’s page with the app in a frame, as Google Sites embeds one.
      ${appOrigin === null ? 'No app is configured.' : ''}</p>
    <p class="buttons"><a class="button" href="${teamSite}">Open the team site</a></p>
  </section>`;
}
