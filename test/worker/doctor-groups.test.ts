// Whether the groups that rules name can be read: asked only where a rule names one, and each cause told with what to click
// and paste.
import { describe, expect, test } from 'vitest';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { hasGroupRules } from '../../src/db/groups.ts';
import { marketplacePage } from '../../src/setup/marketplace/marketplace-page.tsx';
import { namesGroups, valuesToPaste } from '../../src/setup/values.ts';
import { USER_READONLY_SCOPE } from '../google/service-accounts.ts';
import {
  ADMIN,
  createPatient,
  examined,
  NUMERIC_ID,
  SCOPE,
  states,
  told,
} from './doctor-patient.ts';
import { env, type World, type WorldOptions } from './world.ts';

const GROUP_SCOPE = 'https://www.googleapis.com/auth/admin.directory.group.member.readonly';
const BOTH = `${SCOPE},${GROUP_SCOPE}`;

async function rule(source: object, role = 'Engineer'): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO role_rules (directory_id, source, role, made_by, made_ms) VALUES ('default', ?1, ?2, 'user:1', 1)`,
  )
    .bind(JSON.stringify(source), role)
    .run();
}

async function patientWith(groups: readonly string[], options: WorldOptions = {}): Promise<World> {
  const world = await createPatient(options);
  for (const group of groups) await rule({ kind: 'group', group });
  world.google.calls.length = 0;
  return world;
}
const asksAboutGroups = ({ google }: World) =>
  google.calls.filter(({ path }) => path.includes('/groups/'));

describe('without a rule that names a group', () => {
  test('nothing is asked, and only people are to be delegated', async () => {
    const world = await patientWith([]);
    world.google.accounts.delegate([USER_READONLY_SCOPE]);
    await rule({ kind: 'org-unit', path: '/group' }, 'group');
    const { groups } = await examined(world);

    expect(groups).toMatchObject({ state: 'ok', steps: [], paste: [] });
    expect(asksAboutGroups(world)).toEqual([]);
    expect(await hasGroupRules(world.ports.db, DEFAULT_DIRECTORY_ID)).toBe(false);
    const values = valuesToPaste(world.config, 'https://here.example', false);
    expect(values.map(({ value }) => value)).toContain(SCOPE);
  });

  test('it is fine before the first deploy too', async () => {
    const world = await createPatient({ import: false });
    expect((await examined(world, { deployed: null })).groups.state).toBe('ok');
  });
});

describe('with one', () => {
  test('in order: says as whom, and asks about each named group once', async () => {
    const world = await patientWith(['engineering@example.test', 'platform@example.test']);
    await rule({ kind: 'group', group: 'platform@example.test' }, 'Other');
    const { groups } = await examined(world);

    expect(groups).toMatchObject({ state: 'ok', steps: [], paste: [] });
    expect(groups.says).toBe(`2 named by rules: ${ADMIN} reads who is in them.`);
    expect(asksAboutGroups(world)).toHaveLength(2);
    expect(await hasGroupRules(world.ports.db, DEFAULT_DIRECTORY_ID)).toBe(true);
    const values = valuesToPaste(world.config, 'https://here.example', true);
    expect(values.map(({ value }) => value)).toContain(BOTH);
  });

  test.each([true, false])(
    'lists the scopes for delegation wherever they are listed: %s',
    async (isNamed) => {
      const world = await patientWith(isNamed ? ['engineering@example.test'] : []);
      const { config, ports } = world;
      const isSo = await namesGroups(ports.db);
      expect(isSo).toBe(isNamed);
      const html = String(await marketplacePage({ config, nav: [], who: null, namesGroups: isSo }));
      expect(html).toContain(isNamed ? BOTH : SCOPE);
      expect(html.includes(GROUP_SCOPE)).toBe(isNamed);
    },
  );

  test('that can’t be known, because D1 does not say, people are what is read', async () => {
    const world = await patientWith(['engineering@example.test']);
    await env.DB.prepare('DROP TABLE role_rules').run();
    expect(await namesGroups(world.ports.db)).toBe(false);
  });

  test('and without the scope: exactly what to add, while all else is fine', async () => {
    const world = await patientWith(['engineering@example.test']);
    world.google.accounts.delegate([USER_READONLY_SCOPE]);
    const found = await examined(world);
    const { groups } = found;

    expect(groups.state).toBe('failed');
    expect(groups.says).toContain(`lacks the scope for their members, ${GROUP_SCOPE}`);
    expect(groups.says).toContain('People are kept in step all the same');
    expect(told(groups)).toContain('https://admin.google.com/ac/owl/domainwidedelegation');
    expect(groups.paste.slice(0, 2)).toEqual([
      { label: 'Client ID', value: NUMERIC_ID },
      { label: 'OAuth scopes', value: BOTH },
    ]);
    const link = new URL(groups.paste[2]?.value ?? '');
    expect(link.searchParams.get('clientIdToAdd')).toBe(NUMERIC_ID);
    expect(link.searchParams.get('clientScopeToAdd')).toBe(BOTH);
    expect(states(found, 'token', 'people', 'channel', 'sync', 'import')).toEqual(
      Array(5).fill('ok'),
    );

    world.google.accounts.delegate(BOTH.split(','));
    expect((await examined(world)).groups.state).toBe('ok');
  });

  test('and without any delegation: both scopes at once, and groups wait', async () => {
    const world = await patientWith(['engineering@example.test']);
    world.google.accounts.removeDelegation();
    const { token, groups } = await examined(world);

    expect(token.paste).toContainEqual({ label: 'OAuth scopes', value: BOTH });
    expect(groups.state).toBe('waiting');
    expect(groups.says).toContain('Google hands out access tokens');
  });

  test('that Google does not know: which, and that it changes nobody', async () => {
    const world = await patientWith(['engineering@example.test', 'gone@example.test']);
    const { groups } = await examined(world);

    expect(groups.state).toBe('failed');
    expect(groups.says).toBe(
      'Google knows no such group: gone@example.test. Rules that name it change nobody.',
    );
    expect(told(groups)).toContain('https://admin.google.com/ac/groups');
  });

  test('that the admin may not read: which privilege', async () => {
    const world = await patientWith(['engineering@example.test']);
    world.google.faults.failNext('members', '403 forbidden');
    const { groups } = await examined(world);

    expect(groups.state).toBe('failed');
    expect(told(groups)).toContain(`Groups > Read, and assign it to ${ADMIN}`);
  });

  test.each(['503', '429', 'dropped connection'] as const)(
    'a stumble of Google’s (%s) is no fault of the set-up',
    async (fault) => {
      const world = await patientWith(['engineering@example.test']);
      world.google.faults.failNext('members', fault);
      expect((await examined(world)).groups.state).toBe('waiting');
    },
  );

  test('and the API off: groups wait for people', async () => {
    const world = await patientWith(['engineering@example.test']);
    world.google.accounts.disableApi();
    const { groups } = await examined(world);
    expect(groups.state).toBe('waiting');
    expect(asksAboutGroups(world)).toEqual([]);
  });

  test('ten are asked about at most', async () => {
    const world = await createPatient();
    for (let i = 0; i < 12; i += 1) {
      world.google.workspace.groups.create({ email: `g${i}@example.test` });
      await rule({ kind: 'group', group: `g${i}@example.test` });
    }
    world.google.calls.length = 0;
    const { groups } = await examined(world);
    expect(groups.says).toContain('10 of 12 named by rules');
    expect(asksAboutGroups(world)).toHaveLength(10);
  });
});
