// The page of one person: profile, custom fields, addresses, account, and what the API says.
import { html } from 'hono/html';
import { CUSTOM_SCHEMAS } from '../custom-schemas.ts';
import type { Google } from '../google.ts';
import type { GoogleUser } from '../person.ts';
import { FULL, toWireUser } from '../wire-user.ts';
import { action, avatar, type Html, moment, nameOf, statusChips, textOf } from './layout.ts';

const PUSHES_SHOWN = 8;

export function personPage(google: Google, user: GoogleUser): Html {
  return html`
    <p class="crumb"><a href="/">People</a></p>
    <div class="person-head">
      ${avatar(user, 'large')}
      <div>
        <h1>${nameOf(user)}</h1>
        <p>${user.primaryEmail}</p>
        <p class="chips">${statusChips(user)} <span class="id">id ${user.id}</span></p>
      </div>
    </div>
    <div class="columns">
      <div>
        ${profile(google, user)}
        ${customFields(user)}
        ${addresses(user)}
      </div>
      <div>
        ${account(user)}
        ${pushes(google, user)}
        ${fromApi(google, user)}
      </div>
    </div>`;
}

function profile(google: Google, user: GoogleUser): Html {
  const units = [...new Set(google.workspace.users.map((one) => one.orgUnitPath))].sort();
  const organization = user.organizations?.[0] ?? {};
  const manager = user.relations?.find((one) => one['type'] === 'manager');
  const input = (label: string, name: string, value: unknown, more: Html = '') =>
    html`<label>${label} <input name="${name}" value="${textOf(value)}" ${more}></label>`;
  return html`<form class="card" method="post" action="/people/${user.id}/profile">
    <h2>Profile</h2>
    <div class="pair">
      ${input('Given name', 'givenName', user.name.givenName, html`dir="auto" maxlength="60"`)}
      ${input('Family name', 'familyName', user.name.familyName, html`dir="auto" maxlength="60"`)}
    </div>
    <div class="pair">
      ${input('Title', 'title', organization['title'], html`dir="auto"`)}
      ${input('Department', 'department', organization['department'])}
    </div>
    <div class="pair">
      ${input('Org unit', 'orgUnitPath', user.orgUnitPath, html`list="units" pattern="/.*" required`)}
      ${input('Manager', 'manager', manager?.['value'], html`type="email"`)}
    </div>
    <div class="pair">
      ${input('Phone', 'phone', user.phones?.[0]?.['value'], html`type="tel"`)}
      ${input('Employee id', 'employeeId', user.externalIds?.[0]?.['value'])}
    </div>
    <datalist id="units">${units.map((unit) => html`<option value="${unit}">`)}</datalist>
    <p class="buttons"><button class="primary">Save profile</button></p>
  </form>`;
}

function customFields(user: GoogleUser): Html {
  return html`<form class="card" method="post" action="/people/${user.id}/fields">
    <h2>Custom fields</h2>
    ${Object.entries(CUSTOM_SCHEMAS).map(
      ([schema, fields]) => html`<fieldset>
        <legend>${schema}</legend>
        <div class="checks">${Object.entries(fields).map(([field, { type }]) =>
          customField(user, schema, field, type),
        )}</div>
      </fieldset>`,
    )}
    <p class="buttons"><button class="primary">Save custom fields</button></p>
  </form>`;
}

function customField(user: GoogleUser, schema: string, field: string, type: string): Html {
  const value = user.customSchemas?.[schema]?.[field];
  const name = `${schema}.${field}`;
  const label = field.replaceAll('_', ' ');
  if (type === 'BOOL') {
    const checked = value === true ? html`checked` : '';
    return html`<label class="check"><input type="checkbox" name="${name}" ${checked}> ${label}</label>`;
  }
  const text = Array.isArray(value)
    ? value.map((one) => textOf((one as { value?: unknown }).value)).join(', ')
    : textOf(value);
  const hint =
    type === 'INT64' ? html`inputmode="numeric" pattern="-?\\d*"` : html`placeholder="a, b, c"`;
  return html`<label class="short">${label} <input name="${name}" value="${text}" ${hint}></label>`;
}

function addresses(user: GoogleUser): Html {
  const path = `/people/${user.id}`;
  return html`<section class="card">
    <h2>Addresses</h2>
    <form class="inline" method="post" action="${path}/rename">
      <label>Primary address <input name="address" type="email" required value="${user.primaryEmail}"></label>
      <button>Rename</button>
    </form>
    ${(user.aliases ?? []).length === 0 ? html`<p class="hint">No aliases.</p>` : ''}
    <ul class="aliases">${(user.aliases ?? []).map(
      (alias) => html`<li><span>${alias}</span>
        <form method="post" action="${path}/alias">
          <button class="quiet danger" name="remove" value="${alias}" aria-label="Remove ${alias}">Remove</button>
        </form></li>`,
    )}</ul>
    <form class="inline" method="post" action="${path}/alias">
      <label>New alias <input name="add" type="email" required></label>
      <button>Add</button>
    </form>
    <form class="inline" method="post" action="${path}/swap">
      <label>Swap addresses with <input name="other" type="email" required></label>
      <button>Swap</button>
    </form>
  </section>`;
}

function account(user: GoogleUser): Html {
  const act = (name: string, label: string, options = {}) =>
    action(`/people/${user.id}/${name}`, label, options);
  const signedIn = Date.parse(user.lastLoginTime);
  return html`<section class="card">
    <h2>Account</h2>
    <dl>
      <dt>Created</dt><dd>${moment(Date.parse(user.creationTime))}</dd>
      <dt>Last sign-in</dt><dd>${signedIn > 0 ? moment(signedIn) : 'never'}</dd>
    </dl>
    <div class="actions">
      ${user.suspended ? act('unsuspend', 'Lift suspension', { kind: 'primary' }) : act('suspend', 'Suspend', { kind: 'warn' })}
      ${user.archived ? act('unarchive', 'Unarchive', { kind: 'primary' }) : act('archive', 'Archive')}
      ${user.isAdmin ? act('demote', 'Revoke super admin') : act('promote', 'Make super admin')}
      ${act('sign-in', 'Sign in (noise)')}
      ${act('delete', 'Delete', { kind: 'danger', ask: 'Delete this person? They can be brought back for 20 days.' })}
    </div>
  </section>`;
}

function pushes(google: Google, user: GoogleUser): Html {
  const recent = google.deliveries
    .filter((one) => one.userId === user.id)
    .slice(-PUSHES_SHOWN)
    .reverse();
  return html`<section class="card">
    <h2>Pushes about this person</h2>
    ${recent.length === 0 ? html`<p class="hint">None has left yet.</p>` : ''}
    <ul class="log">${recent.map(
      (one) =>
        html`<li><span class="tag">${one.state}</span> ${answerChip(one.status, one.willRetry)} ${moment(one.atMs)}</li>`,
    )}</ul>
  </section>`;
}

/** Green went well, amber comes again, red is lost. */
export function answerChip(status: number, willRetry = false): Html {
  const kind = status >= 200 && status < 400 ? 'active' : willRetry ? 'suspended' : 'deleted';
  return html`<span class="chip ${kind}">${status === 0 ? 'no answer' : status}</span>`;
}

function fromApi(google: Google, user: GoogleUser): Html {
  const person = google.workspace.store.find(user.id);
  const { customerId, domains } = google.workspace;
  const account = { customerId, primaryDomain: domains[0] ?? '' };
  const text = person ? JSON.stringify(toWireUser(person, account, FULL), null, 2) : '';
  return html`<details class="card">
    <summary><h2>What the API returns</h2></summary>
    <pre tabindex="0">${text}</pre>
  </details>`;
}
