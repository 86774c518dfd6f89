// Who is in the company: the list with search, adding somebody, the deleted and their way back.
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Google } from '../google.ts';
import type { GoogleUser } from '../person.ts';
import { crowdButtons, crowdNotice, crowdRoutes } from './crowd.ts';
import {
  action,
  avatar,
  type Html,
  moment,
  nameOf,
  page,
  statusChips,
  statusOf,
  textOf,
  titleOf,
} from './layout.ts';

const PER_PAGE = 50;
const FILTERS = ['everybody', 'active', 'suspended', 'archived', 'admins'] as const;
type Filter = (typeof FILTERS)[number];

export function peopleRoutes(google: Google): Hono {
  const { workspace } = google;
  const app = new Hono();
  app.route('/', crowdRoutes(google));

  app.get('/', (c) => {
    const search = c.req.query('q')?.trim() ?? '';
    const show = FILTERS.find((one) => one === c.req.query('show')) ?? 'everybody';
    const users = workspace.users;
    const found = users.filter((user) => isShown(user, show) && isFound(user, search));
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    const at = Math.min(Math.max(1, Number(c.req.query('page')) || 1), pages);
    const rows = found.slice((at - 1) * PER_PAGE, at * PER_PAGE);
    const body = html`
      <div class="head">
        <h1>People</h1>
        <div class="actions">
          ${crowdButtons(google)}
          <a class="button primary" href="/people/new">Add a person</a>
        </div>
      </div>
      ${searchForm(users, search, show)}
      ${found.length === 0 ? html`<p class="empty">Nobody matches.</p>` : peopleTable(rows)}
      ${pages > 1 ? pager(search, show, at, pages, found.length) : ''}`;
    const notice = crowdNotice(c.req.query('done'));
    return c.html(page(google, { title: 'People', at: '/', body, notice }));
  });

  app.get('/people/new', (c) =>
    c.html(page(google, { title: 'Add a person', at: '/', body: newPerson(workspace.domains) })),
  );

  app.post('/people/new', async (c) => {
    const form = await c.req.parseBody();
    const user = workspace.add({
      primaryEmail: `${textOf(form['local']).trim()}@${textOf(form['domain'])}`,
      givenName: textOf(form['givenName']).trim(),
      familyName: textOf(form['familyName']).trim(),
      orgUnitPath: textOf(form['orgUnitPath']).trim() || '/',
    });
    return c.redirect(`/people/${user.id}?done=added`, 303);
  });

  app.get('/deleted', (c) => {
    const body = html`
      <div class="head"><h1>Deleted</h1></div>
      <p class="lead">Whoever is deleted can be brought back for 20 days, with the same id.</p>
      ${workspace.deleted.length === 0 ? html`<p class="empty">Nobody was deleted.</p>` : ''}
      <ul class="cards">${workspace.deleted.map(deletedPerson)}</ul>`;
    return c.html(page(google, { title: 'Deleted', at: '/deleted', body }));
  });

  app.post('/deleted/:id/undelete', (c) => {
    const user = workspace.undelete(c.req.param('id'));
    return c.redirect(`/people/${user.id}?done=undeleted`, 303);
  });
  app.post('/deleted/:id/purge', (c) => {
    workspace.purge(c.req.param('id'));
    return c.redirect('/deleted', 303);
  });
  return app;
}

function isShown(user: GoogleUser, show: Filter): boolean {
  if (show === 'everybody') return true;
  return show === 'admins' ? user.isAdmin : statusOf(user) === show;
}

function isFound(user: GoogleUser, search: string): boolean {
  const text = [user.name.fullName, user.primaryEmail, user.orgUnitPath, titleOf(user), user.id]
    .concat(user.aliases ?? [])
    .join('\n')
    .toLowerCase();
  return text.includes(search.toLowerCase());
}

function searchForm(users: GoogleUser[], search: string, show: Filter): Html {
  const count = (filter: Filter) => users.filter((user) => isShown(user, filter)).length;
  return html`<form class="search" action="/" role="search">
    <input type="search" name="q" value="${search}" placeholder="Name, address, org unit, title or id"
      aria-label="Search people" autocomplete="off">
    ${show === 'everybody' ? '' : html`<input type="hidden" name="show" value="${show}">`}
    <button>Search</button>
    <div class="tabs">${FILTERS.map(
      (filter) =>
        html`<a class="tab" href="/?show=${filter}&amp;q=${encodeURIComponent(search)}" ${
          filter === show ? html`aria-current="true"` : ''
        }>${filter.charAt(0).toUpperCase() + filter.slice(1)} <span>${count(filter)}</span></a>`,
    )}</div>
  </form>`;
}

function peopleTable(users: GoogleUser[]): Html {
  return html`<table class="people">
    <thead><tr><th>Person</th><th>Status</th><th>Org unit</th><th>Roles</th></tr></thead>
    <tbody>${users.map(
      (user) => html`<tr>
        <td>
          <a class="who" href="/people/${user.id}">
            ${avatar(user)}
            <span><b>${nameOf(user)}</b><small>${user.primaryEmail}</small></span>
          </a>
        </td>
        <td>${statusChips(user)}</td>
        <td class="unit"><span>${user.orgUnitPath}</span><small>${titleOf(user)}</small></td>
        <td class="tags">${ticked(user, 'Roles').map((role) => html`<span class="tag">${role}</span>`)}</td>
      </tr>`,
    )}</tbody>
  </table>`;
}

function ticked(user: GoogleUser, schema: string): string[] {
  const fields = Object.entries(user.customSchemas?.[schema] ?? {});
  return fields.filter(([, value]) => value === true).map(([name]) => name);
}

function pager(search: string, show: Filter, at: number, pages: number, total: number): Html {
  const link = (to: number, label: string) =>
    to < 1 || to > pages
      ? html`<span class="button off">${label}</span>`
      : html`<a class="button" href="/?show=${show}&amp;q=${encodeURIComponent(search)}&amp;page=${to}">${label}</a>`;
  return html`<nav class="pager" aria-label="Pages">
    ${link(at - 1, 'Previous')} <span>Page ${at} of ${pages}, ${total} people</span> ${link(at + 1, 'Next')}
  </nav>`;
}

function newPerson(domains: string[]): Html {
  return html`
    <div class="head"><h1>Add a person</h1></div>
    <form class="card narrow" method="post" action="/people/new">
      <div class="pair">
        <label>Given name <input name="givenName" required maxlength="60" dir="auto" autofocus></label>
        <label>Family name <input name="familyName" required maxlength="60" dir="auto"></label>
      </div>
      <div class="pair">
        <label>Address <input name="local" required pattern="[^@\\s]+" autocapitalize="none" autocomplete="off"></label>
        <label>Domain <select name="domain">${domains.map((one) => html`<option value="${one}">@${one}</option>`)}</select></label>
      </div>
      <label>Org unit <input name="orgUnitPath" value="/" pattern="/.*"></label>
      <p class="buttons"><button class="primary">Add</button> <a class="button" href="/">Cancel</a></p>
    </form>`;
}

function deletedPerson(user: GoogleUser): Html {
  const when = user.deletionTime ? moment(Date.parse(user.deletionTime)) : '';
  return html`<li class="card row">
    ${avatar(user)}
    <span class="grow"><b>${nameOf(user)}</b><small>${user.primaryEmail}</small>
      <small>deleted ${when}</small></span>
    ${action(`/deleted/${user.id}/undelete`, 'Bring back', { kind: 'primary' })}
    ${action(`/deleted/${user.id}/purge`, 'Forget for good', {
      kind: 'danger quiet',
      ask: 'Nobody can bring this person back afterwards. Go on?',
    })}
  </li>`;
}
