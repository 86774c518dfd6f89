// What an admin can do to one person. Each form is one action; after it the page is shown anew.
import { type Context, Hono } from 'hono';
import { CUSTOM_SCHEMAS } from '../custom-schemas.ts';
import type { Google } from '../google.ts';
import type { Entry, GoogleUser, UserPatch } from '../person.ts';
import { page, textOf } from './layout.ts';
import { personPage } from './person-page.ts';

const NOTICES: Record<string, string> = {
  added: 'Added. The channels have been told.',
  saved: 'Saved. The channels have been told.',
  renamed: 'Renamed. The old address still leads here, as an alias.',
  swapped: 'The two have swapped addresses.',
  undeleted: 'Back again, with the same id.',
  suspend: 'Suspended.',
  unsuspend: 'No longer suspended.',
  archive: 'Archived.',
  unarchive: 'No longer archived.',
  promote: 'Now a super admin.',
  demote: 'No longer a super admin.',
  'sign-in': 'Signed in: an update push for a change that matters to nobody.',
  alias: 'The aliases have changed.',
};

export function personRoutes(google: Google): Hono {
  const { workspace } = google;
  const app = new Hono();
  const back = (c: Context, key: string, done: string) =>
    c.redirect(`/people/${workspace.user(key).id}?done=${done}`, 303);

  app.get('/people/:id', (c) => {
    const user = workspace.user(c.req.param('id'));
    const notice = NOTICES[c.req.query('done') ?? ''];
    const title = user.name.fullName || user.primaryEmail;
    return c.html(page(google, { title, at: '/', body: personPage(google, user), notice }));
  });

  app.post('/people/:id/profile', async (c) => {
    const user = workspace.user(c.req.param('id'));
    workspace.update(user.id, profilePatch(user, await c.req.parseBody()));
    return back(c, user.id, 'saved');
  });

  app.post('/people/:id/fields', async (c) => {
    const form = await c.req.parseBody();
    workspace.update(c.req.param('id'), { customSchemas: fieldsFrom(form) });
    return back(c, c.req.param('id'), 'saved');
  });

  app.post('/people/:id/rename', async (c) => {
    const form = await c.req.parseBody();
    workspace.rename(c.req.param('id'), textOf(form['address']).trim());
    return back(c, c.req.param('id'), 'renamed');
  });

  app.post('/people/:id/swap', async (c) => {
    const form = await c.req.parseBody();
    workspace.swapAddresses(c.req.param('id'), textOf(form['other']).trim());
    return back(c, c.req.param('id'), 'swapped');
  });

  app.post('/people/:id/alias', async (c) => {
    const form = await c.req.parseBody();
    const [added, removed] = [textOf(form['add']).trim(), textOf(form['remove'])];
    if (added) workspace.addAlias(c.req.param('id'), added);
    if (removed) workspace.removeAlias(c.req.param('id'), removed);
    return back(c, c.req.param('id'), 'alias');
  });

  app.post('/people/:id/delete', (c) => {
    workspace.remove(c.req.param('id'));
    return c.redirect('/deleted', 303);
  });

  const acts: Record<string, (id: string) => unknown> = {
    suspend: (id) => workspace.suspend(id),
    unsuspend: (id) => workspace.unsuspend(id),
    archive: (id) => workspace.archive(id),
    unarchive: (id) => workspace.unarchive(id),
    promote: (id) => workspace.makeAdmin(id, true),
    demote: (id) => workspace.makeAdmin(id, false),
    'sign-in': (id) => workspace.signIn(id),
  };
  for (const [name, act] of Object.entries(acts)) {
    app.post(`/people/:id/${name}`, (c) => {
      act(c.req.param('id'));
      return back(c, c.req.param('id'), name);
    });
  }
  return app;
}

type Form = Record<string, unknown>;

/** Writes only what the form has; an emptied field is cleared. */
function profilePatch(user: GoogleUser, form: Form): UserPatch {
  const field = (name: string) => textOf(form[name]).trim();
  const first = user.organizations?.[0] ?? { primary: true, type: 'work' };
  const organization: Entry = { ...first };
  for (const name of ['title', 'department']) {
    if (field(name)) organization[name] = field(name);
    else delete organization[name];
  }
  const list = (value: string, entry: Entry) => (value ? [{ ...entry, value }] : null);
  return {
    name: { givenName: field('givenName'), familyName: field('familyName') },
    orgUnitPath: field('orgUnitPath') || '/',
    organizations: [organization, ...(user.organizations?.slice(1) ?? [])],
    phones: list(field('phone'), { type: 'work', primary: true }),
    relations: list(field('manager'), { type: 'manager' }),
    externalIds: list(field('employeeId'), { type: 'organization' }),
  };
}

/** Ticked is true; not ticked is unset, as the real console leaves it. */
function fieldsFrom(form: Form): Record<string, Record<string, unknown>> {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [schema, fields] of Object.entries(CUSTOM_SCHEMAS)) {
    const values: Record<string, unknown> = {};
    for (const [field, { type, isMulti }] of Object.entries(fields)) {
      values[field] = fieldValue(textOf(form[`${schema}.${field}`]).trim(), type, isMulti);
    }
    result[schema] = values;
  }
  return result;
}

function fieldValue(text: string, type: string, isMulti: boolean): unknown {
  if (type === 'BOOL') return text === 'on' ? true : null;
  if (!isMulti) return text === '' ? null : text;
  const values = text.split(',').map((one) => one.trim());
  const items = values.filter((one) => one !== '').map((value) => ({ type: 'work', value }));
  return items.length > 0 ? items : null;
}
