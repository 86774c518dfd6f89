// The Cloud and API-controls side: the service account, its keys, delegation, the API switch. Each
// thing that goes wrong at real companies can be broken here, and mended.
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Google } from '../google.ts';
import {
  GROUP_MEMBER_READONLY_SCOPE,
  USER_READONLY_SCOPE,
  USER_SCOPE,
} from '../service-accounts.ts';
import { action, type Html, page } from './layout.ts';
import { answerChip } from './person-page.ts';

const CALLS_SHOWN = 40;

export function accessRoutes(google: Google): Hono {
  const { accounts } = google;
  const app = new Hono();

  app.get('/access', (c) => {
    const body = html`
      <div class="head"><h1>API access</h1></div>
      <p class="lead">The service account that reads this company, and everything about it that can break.</p>
      <div class="columns">
        <div>${serviceAccount(google)} ${keys(google)}</div>
        <div>${delegation(google)} ${switches(google)}</div>
      </div>
      ${calls(google)}`;
    const notice = c.req.query('done') === undefined ? undefined : 'Done. It holds from now on.';
    return c.html(page(google, { title: 'API access', at: '/access', body, notice }));
  });

  app.get('/access/key.json', (c) => {
    c.header('content-type', 'application/json');
    c.header('content-disposition', 'attachment; filename="service-account-key.json"');
    c.header('cache-control', 'no-store');
    return c.body(google.serviceAccountKey);
  });

  const acts: Record<string, () => unknown> = {
    'delegate-read': () => accounts.delegate([USER_READONLY_SCOPE, GROUP_MEMBER_READONLY_SCOPE]),
    'delegate-people': () => accounts.delegate([USER_READONLY_SCOPE]),
    'delegate-write': () =>
      accounts.delegate([USER_READONLY_SCOPE, GROUP_MEMBER_READONLY_SCOPE, USER_SCOPE]),
    'delegate-nothing': () => accounts.removeDelegation(),
    enable: () => accounts.enable(),
    disable: () => accounts.disable(),
    delete: () => accounts.remove(),
    block: () => accounts.block(),
    'api-on': () => accounts.enableApi(),
    'api-off': () => accounts.disableApi(),
    'domain-on': () => {
      accounts.domainAllowsApis = true;
    },
    'domain-off': () => {
      accounts.domainAllowsApis = false;
    },
    'rotate-key': () => accounts.rotateKey(),
    'delete-keys': () => accounts.deleteKeys(),
    'revoke-tokens': () => google.tokens.revokeAll(),
  };
  for (const [name, act] of Object.entries(acts)) {
    app.post(`/access/${name}`, async (c: Context) => {
      await act();
      return c.redirect(`/access?done=${name}`, 303);
    });
  }
  return app;
}

const act = (name: string, label: string, kind = '') => action(`/access/${name}`, label, { kind });

function state(isGood: boolean, good: string, bad: string): Html {
  return html`<span class="chip ${isGood ? 'active' : 'deleted'}">${isGood ? good : bad}</span>`;
}

function serviceAccount({ accounts }: Google): Html {
  const { first } = accounts;
  const isEnabled = first.condition === 'enabled';
  return html`<section class="card">
    <h2>Service account ${state(isEnabled, 'Enabled', first.condition)}</h2>
    <dl>
      <dt>Address</dt><dd class="mono">${first.clientEmail}</dd>
      <dt>Client id</dt><dd class="mono">${first.clientId}</dd>
      <dt>Project</dt><dd class="mono">${first.projectId} (${first.projectNumber})</dd>
    </dl>
    <div class="actions">
      ${isEnabled ? '' : act('enable', 'Enable', 'primary')}
      ${isEnabled ? act('disable', 'Disable', 'warn') : ''}
      ${isEnabled ? act('block', 'Block the app', 'warn') : ''}
      ${isEnabled ? act('delete', 'Delete', 'danger') : ''}
    </div>
  </section>`;
}

function keys({ accounts }: Google): Html {
  const { first } = accounts;
  return html`<section class="card">
    <h2>Keys ${state(first.keys.length > 0, `${first.keys.length} valid`, 'None valid')}</h2>
    <ul class="log">${first.keys.map((key) => html`<li class="mono">${key.id}</li>`)}</ul>
    <div class="actions">
      <a class="button" href="/access/key.json">Download the newest</a>
      ${act('rotate-key', 'Add a key')}
      ${act('delete-keys', 'Delete all keys', 'danger')}
    </div>
  </section>`;
}

function delegation({ accounts }: Google): Html {
  const { delegatedScopes } = accounts.first;
  return html`<section class="card">
    <h2>Domain-wide delegation ${state(delegatedScopes.length > 0, 'Granted', 'Missing')}</h2>
    <ul class="log">${delegatedScopes.map((scope) => html`<li class="mono">${scope}</li>`)}</ul>
    <div class="actions">
      ${act('delegate-read', 'Grant reading', delegatedScopes.length === 0 ? 'primary' : '')}
      ${act('delegate-people', 'Grant reading people only')}
      ${act('delegate-write', 'Grant writing too')}
      ${act('delegate-nothing', 'Remove', 'danger')}
    </div>
  </section>`;
}

function switches({ accounts }: Google): Html {
  const { apiEnabled } = accounts.first;
  return html`<section class="card">
    <h2>Switches</h2>
    <div class="fault"><div class="grow"><span class="fault-name">Admin SDK API</span>
      <small>In the project of the service account.</small></div>
      ${state(apiEnabled, 'On', 'Off')}
      ${apiEnabled ? act('api-off', 'Switch off') : act('api-on', 'Switch on', 'primary')}</div>
    <div class="fault"><div class="grow"><span class="fault-name">API access of the domain</span>
      <small>An admin may switch all of it off.</small></div>
      ${state(accounts.domainAllowsApis, 'On', 'Off')}
      ${accounts.domainAllowsApis ? act('domain-off', 'Switch off') : act('domain-on', 'Switch on', 'primary')}</div>
    <div class="fault"><div class="grow"><span class="fault-name">Access tokens</span>
      <small>Those issued so far end at once.</small></div>
      ${act('revoke-tokens', 'Revoke all')}</div>
  </section>`;
}

function calls(google: Google): Html {
  const recent = google.calls.slice(-CALLS_SHOWN).reverse();
  return html`<h2 class="section">Calls</h2>
    ${recent.length === 0 ? html`<p class="empty">Nobody has called yet.</p>` : ''}
    <ul class="calls card" ${recent.length === 0 ? html`hidden` : ''}>${recent.map(
      (call) =>
        html`<li>${answerChip(call.status)} <b>${call.method}</b> <span class="mono">${call.path}</span></li>`,
    )}</ul>`;
}
