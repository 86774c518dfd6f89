// The groups: making and deleting one, and who is in it. No push tells of any of it; Google sends none.
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Google } from '../google.ts';
import { GROUP_ROLES, type Group, type GroupMember } from '../groups.ts';
import { action, avatar, type Html, nameOf, page, statusChips, textOf } from './layout.ts';

const NOTICES: Record<string, string> = {
  created: 'Created. Nobody is in it yet.',
  renamed: 'Renamed. The old address still leads here, as an alias.',
  added: 'They are in it. Google sends no push for this.',
  removed: 'No longer in it. Google sends no push for this.',
};

export function groupRoutes(google: Google): Hono {
  const { groups } = google.workspace;
  const app = new Hono();
  const back = (c: Context, { id }: Group, done: string) =>
    c.redirect(`/groups/${id}?done=${done}`, 303);

  app.get('/groups', (c) => {
    const body = html`
      <div class="head"><h1>Groups</h1></div>
      <p class="lead">Of these an app learns only when it asks: there is no push for groups.</p>
      ${groups.all.length === 0 ? html`<p class="empty">There is no group.</p>` : ''}
      <ul class="cards">${groups.all.map((group) => groupCard(google, group))}</ul>
      ${newGroup(google.workspace.domains)}`;
    return c.html(page(google, { title: 'Groups', at: '/groups', body }));
  });

  app.post('/groups/new', async (c) => {
    const form = await c.req.parseBody();
    const email = `${textOf(form['local']).trim()}@${textOf(form['domain'])}`;
    return back(c, groups.create({ email, name: textOf(form['name']).trim() }), 'created');
  });

  app.get('/groups/:id', (c) => {
    const group = groups.group(c.req.param('id'));
    const notice = NOTICES[c.req.query('done') ?? ''];
    const body = groupPage(google, group);
    return c.html(page(google, { title: group.name, at: '/groups', body, notice }));
  });

  app.post('/groups/:id/rename', async (c) => {
    const form = await c.req.parseBody();
    return back(c, groups.rename(c.req.param('id'), textOf(form['address']).trim()), 'renamed');
  });

  app.post('/groups/:id/members', async (c) => {
    const form = await c.req.parseBody();
    const role = GROUP_ROLES.find((one) => one === form['role']) ?? 'MEMBER';
    const group = groups.group(c.req.param('id'));
    groups.addMember(group.id, textOf(form['member']).trim(), role);
    return back(c, group, 'added');
  });

  app.post('/groups/:id/members/:memberId/remove', (c) => {
    const group = groups.group(c.req.param('id'));
    groups.removeMember(group.id, c.req.param('memberId'));
    return back(c, group, 'removed');
  });

  app.post('/groups/:id/delete', (c) => {
    groups.remove(c.req.param('id'));
    return c.redirect('/groups', 303);
  });
  return app;
}

function groupCard({ workspace }: Google, group: Group): Html {
  const direct = workspace.groups.members(group).length;
  return html`<li class="card row">
    <span class="grow"><b><a href="/groups/${group.id}"><bdi>${group.name}</bdi></a></b>
      <small>${group.email}</small></span>
    <span class="chip">${direct === 1 ? '1 member' : `${direct} members`}</span>
  </li>`;
}

const domainChoices = (domains: string[]) =>
  domains.map((one) => html`<option value="${one}">@${one}</option>`);

function newGroup(domains: string[]): Html {
  return html`<form class="card narrow" method="post" action="/groups/new">
    <h2>Create a group</h2>
    <label>Name <input name="name" required maxlength="60" dir="auto"></label>
    <div class="pair">
      <label>Address <input name="local" required pattern="[^@\\s]+" autocapitalize="none" autocomplete="off"></label>
      <label>Domain <select name="domain">${domainChoices(domains)}</select></label>
    </div>
    <p class="buttons"><button class="primary">Create</button></p>
  </form>`;
}

function groupPage(google: Google, group: Group): Html {
  const { groups } = google.workspace;
  const direct = groups.members(group);
  const nested = groups
    .members(group, true)
    .filter(({ id }) => direct.every((one) => one.id !== id));
  return html`
    <p class="crumb"><a href="/groups">Groups</a></p>
    <div class="head"><h1><bdi>${group.name}</bdi></h1>
      ${action(`/groups/${group.id}/delete`, 'Delete', {
        kind: 'danger',
        ask: 'The group is gone for good then. Go on?',
      })}</div>
    <p class="lead">${group.email} <span class="id">id ${group.id}</span></p>
    <div class="columns">
      <div>
        <h2 class="section">Members</h2>
        ${direct.length === 0 ? html`<p class="empty">Nobody is in it.</p>` : ''}
        <ul class="cards">${direct.map((member) => memberRow(google, group, member))}</ul>
        ${nested.length === 0 ? '' : html`<h2 class="section">Through groups in it</h2>`}
        <ul class="cards">${nested.map((member) => memberRow(google, null, member))}</ul>
      </div>
      <div>${addMember(google, group)} ${address(group)}</div>
    </div>`;
}

/** @param group the group to remove the member from; `null` where they aren't in it directly */
function memberRow({ workspace }: Google, group: Group | null, member: GroupMember): Html {
  const user = workspace.find(member.id);
  const nested = member.type === 'GROUP' ? workspace.groups.find(member.id) : undefined;
  const who = user
    ? html`<a href="/people/${user.id}">${nameOf(user)}</a>`
    : nested
      ? html`<a href="/groups/${nested.id}"><bdi>${nested.name}</bdi></a>`
      : member.type === 'CUSTOMER'
        ? 'Everybody in the company'
        : 'Somebody outside the company';
  return html`<li class="card row">
    ${user ? avatar(user) : ''}
    <span class="grow"><b>${who}</b><small>${member.email ?? `customer ${member.id}`}</small></span>
    ${user?.suspended || user?.archived ? statusChips(user) : ''}
    ${member.type === 'USER' ? '' : html`<span class="chip">${member.type}</span>`}
    ${member.role === 'MEMBER' ? '' : html`<span class="chip admin">${member.role}</span>`}
    ${group ? action(`/groups/${group.id}/members/${member.id}/remove`, 'Remove', { kind: 'quiet' }) : ''}
  </li>`;
}

function addMember({ workspace }: Google, group: Group): Html {
  const addresses = [
    ...workspace.users.map(({ primaryEmail }) => primaryEmail),
    ...workspace.groups.all.filter(({ id }) => id !== group.id).map(({ email }) => email),
  ];
  return html`<form class="card" method="post" action="/groups/${group.id}/members">
    <h2>Add a member</h2>
    <p class="hint">The address of a person, of a group or of a stranger; <span class="mono">my_customer</span> is everybody.</p>
    <div class="pair">
      <label>Address <input name="member" required list="addresses" autocapitalize="none" autocomplete="off"></label>
      <label>Role <select name="role">${GROUP_ROLES.toReversed().map((role) => html`<option>${role}</option>`)}</select></label>
    </div>
    <datalist id="addresses">${addresses.map((one) => html`<option value="${one}">`)}</datalist>
    <p class="buttons"><button class="primary">Add</button></p>
  </form>`;
}

function address(group: Group): Html {
  return html`<form class="card" method="post" action="/groups/${group.id}/rename">
    <h2>Address</h2>
    <label>Address <input name="address" type="email" required value="${group.email}"></label>
    ${group.aliases.length === 0 ? '' : html`<p class="hint">Also ${group.aliases.join(', ')}.</p>`}
    <p class="buttons"><button>Rename</button></p>
  </form>`;
}
