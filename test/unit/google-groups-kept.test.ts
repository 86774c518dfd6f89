// The groups of the fake, seen from inside: how they are kept, and the Admin console's pages that change them.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { adminConsole } from '../google/admin-console/admin-console.ts';
import { createGoogle, type Google } from '../google/google.ts';

let google: Google;
let pristine: unknown;

beforeAll(async () => {
  google = await createGoogle();
  pristine = google.snapshot();
});
beforeEach(() => google.restore(pristine));

const ENGINEERING = 'engineering@example.test';
const groups = () => google.workspace.groups;
const idOf = (address: string) => google.workspace.user(address).id;

describe('groups', () => {
  test('outlive a restart, and a snapshot from before there were any has none', () => {
    const snapshot = JSON.parse(JSON.stringify(google.snapshot()));
    groups().remove(ENGINEERING);
    google.restore(snapshot);
    expect(groups().members(groups().group(ENGINEERING))).toHaveLength(4);

    delete snapshot.workspace.groups;
    google.restore(snapshot);
    expect(groups().all).toEqual([]);
  });

  test('share the addresses with people, and can’t be in themselves', () => {
    expect(() => groups().create({ email: 'noor@example.test' })).toThrow('already exists');
    expect(() => groups().create({ email: 'a@elsewhere.test' })).toThrow('Domain not found');
    expect(() => google.workspace.addAlias('noor@example.test', ENGINEERING)).toThrow('exists');
    expect(() => groups().addMember('platform@example.test', ENGINEERING)).toThrow('Cyclic');
  });

  test('are left by whoever is deleted, until they are back', () => {
    const { id } = google.workspace.remove('noor@example.test');
    const ids = () =>
      groups()
        .members(groups().group(ENGINEERING))
        .map((one) => one.id);
    expect(ids()).not.toContain(id);
    google.workspace.undelete(id);
    expect(ids()).toContain(id);
  });
});

describe('the Admin console', () => {
  const SITE = 'http://localhost:8788';
  const site = () => adminConsole(google, (name) => `/* ${name} */`);
  const post = (path: string, form: Record<string, string> = {}) =>
    site().request(SITE + path, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: SITE, 'sec-fetch-site': 'same-origin' },
    });
  const text = async (path: string) => (await site().request(SITE + path)).text();

  test('makes a group, puts people in and out, renames and deletes it', async () => {
    const form = { name: '<b>Crew', local: 'crew', domain: 'example.test' };
    const made = await post('/groups/new', form);
    const { id } = groups().group('crew@example.test');
    expect(made.headers.get('location')).toBe(`/groups/${id}?done=created`);

    await post(`/groups/${id}/members`, { member: 'noor@example.test', role: 'OWNER' });
    await post(`/groups/${id}/members`, { member: ENGINEERING, role: 'MEMBER' });
    await post(`/groups/${id}/members`, { member: 'my_customer', role: 'MEMBER' });
    const shown = await text(`/groups/${id}`);
    expect(shown).toContain('&lt;b&gt;Crew');
    expect(shown).toContain('OWNER');
    expect(shown).toContain('Everybody in the company');
    expect(shown).toContain('Through groups in it');

    await post(`/groups/${id}/members/${idOf('noor@example.test')}/remove`);
    expect(
      groups()
        .members(groups().group(id))
        .map(({ type }) => type),
    ).toEqual(['GROUP', 'CUSTOMER']);
    await post(`/groups/${id}/rename`, { address: 'team@example.test' });
    expect(await text('/groups')).toContain('team@example.test');
    await post(`/groups/${id}/delete`);
    expect(groups().find('team@example.test')).toBeUndefined();
  });

  test('says what is not possible, and is driven by no other site', async () => {
    const { id } = groups().group('platform@example.test');
    const cyclic = await post(`/groups/${id}/members`, { member: ENGINEERING, role: 'MEMBER' });
    expect(cyclic.status).toBe(409);
    expect(await cyclic.text()).toContain('A group can’t be in itself');
    const gone = await site().request(`${SITE}/groups/none`);
    expect([gone.status, (await gone.text()).includes('There is no such group')]).toEqual([
      404,
      true,
    ]);
    const foreign = await site().request(`${SITE}/groups/${id}/delete`, {
      method: 'POST',
      headers: { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
    });
    expect(foreign.status).toBe(403);
    expect(groups().find(id)).toBeDefined();
  });
});
