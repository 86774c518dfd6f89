// The Admin SDK API, the right to read users, and roles: three answers from one page of people.
import { describe, expect, test } from 'vitest';
import { ADMIN, createPatient, examined, states, told, withKey } from './doctor-patient.ts';

test('one light call: 500 people at most, and no name or address of theirs', async () => {
  const world = await createPatient();
  const lists: URL[] = [];
  const fetch = (request: Request) => {
    const url = new URL(request.url);
    if (request.method === 'GET' && url.pathname.endsWith('/users')) lists.push(url);
    return world.google.fetch(request);
  };
  const surroundings = {
    fetch,
    nowMs: () => world.clock.nowMs,
    wait: async () => {},
    log: world.ports.log,
  };
  await examined(world, { surroundings });

  expect(lists).toHaveLength(1);
  expect(Object.fromEntries(lists[0]?.searchParams ?? [])).toEqual({
    customer: 'my_customer',
    maxResults: '500',
    projection: 'full',
    fields: 'users(id,customerId,customSchemas),nextPageToken',
  });
});

test('the Admin SDK API is off: the page that turns it on, in the key’s project', async () => {
  const world = await createPatient({ import: false });
  world.google.accounts.disableApi();
  const found = await examined(world);

  expect(found.api.state).toBe('failed');
  expect(told(found.api)).toContain(
    'https://console.cloud.google.com/apis/library/admin.googleapis.com?project=rollcall-test',
  );
  expect(states(found, 'token', 'people', 'roles', 'channel')).toEqual([
    'ok',
    'waiting',
    'waiting',
    'waiting',
  ]);
  expect(found.people.says).toContain('The Admin SDK API comes first');
});

test('a key file without its project leads to the page all the same', async () => {
  const world = await createPatient({ import: false });
  world.google.accounts.disableApi();
  const parsed = withKey(world, { project_id: undefined });

  expect(told((await examined(world, { parsed })).api)).toContain(
    'https://console.cloud.google.com/apis/library/admin.googleapis.com and',
  );
});

test('a token that no API takes: the admin may never have signed in', async () => {
  const world = await createPatient({ import: false });
  world.google.faults.deadTokens = true;
  const found = await examined(world);

  expect(states(found, 'token', 'api')).toEqual(['ok', 'failed']);
  expect(told(found.api)).toContain(`Sign in once as ${ADMIN}`);
});

test.each(['503', '429', '403 userRateLimitExceeded', 'dropped connection'] as const)(
  'a list that fails with %s passes by itself',
  async (fault) => {
    const world = await createPatient();
    world.google.faults.failNext('list', fault);

    expect((await examined(world)).api.state).toBe('waiting');
  },
);

test('something else than the API answers', async () => {
  const world = await createPatient();
  world.google.faults.failNext('list', '404 html');
  const { api } = await examined(world);

  expect(api.state).toBe('failed');
  expect(told(api)).toContain('GOOGLE_API_ORIGIN');
});

describe('people', () => {
  test('may not be read by an admin without the privilege: the role to assign', async () => {
    const world = await createPatient({ import: false });
    world.google.workspace.makeAdmin(ADMIN, false);
    const found = await examined(world);

    expect(states(found, 'api', 'people', 'roles', 'channel')).toEqual([
      'ok',
      'failed',
      'waiting',
      'waiting',
    ]);
    expect(found.people.says).toContain(`${ADMIN} may not read users (forbidden)`);
    expect(told(found.people)).toContain('Users > Read');
    expect(told(found.people)).toContain('https://admin.google.com/ac/roles');
    expect(found.channel.says).toContain('The admin may read users');
  });

  test('may not be read while the organisation has API access switched off', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.domainAllowsApis = false;
    const { people } = await examined(world);

    expect(people.state).toBe('failed');
    expect(told(people)).toContain('Enable API access');
  });

  test.each([
    ['GOOGLE_DOMAIN', 'other-company.test', 'remove it'],
    ['GOOGLE_DOMAIN', 'nobodys.test', 'https://admin.google.com/ac/domains'],
    ['GOOGLE_CUSTOMER', 'C0somebody', 'my_customer'],
    ['GOOGLE_CUSTOMER', 'nonsense', 'my_customer'],
  ])(
    'are asked for by a wrong %s, %s: that is named, and not the privilege',
    async (name, value, step) => {
      const world = await createPatient({ import: false, vars: { [name]: value } });
      const { people } = await examined(world);

      expect(people.state).toBe('failed');
      expect(people.says).toContain(`${name} is ${value}`);
      expect(told(people)).toContain(step);
      expect(told(people)).not.toContain('privilege');
    },
  );

  test('of a domain, and an admin without the privilege: it is the privilege', async () => {
    const world = await createPatient({ import: false, vars: { GOOGLE_DOMAIN: 'example.test' } });
    world.google.workspace.makeAdmin(ADMIN, false);

    expect(told((await examined(world)).people)).toContain('Users > Read');
  });

  test('of another customer than was imported first: both are named', async () => {
    const world = await createPatient();
    world.google.workspace.customerId = 'C0another';
    const found = await examined(world);

    expect(found.people.state).toBe('failed');
    expect(found.people.says).toContain('(C0another)');
    expect(found.people.says).toContain('(C0rollcall1)');
    expect(states(found, 'channel', 'sync')).toEqual(['waiting', 'waiting']);
  });

  test('are not there: a stumble of Google’s, never an empty organisation', async () => {
    const world = await createPatient();
    world.google.faults.listWithoutUsers = true;
    const found = await examined(world);

    expect(states(found, 'api', 'people')).toEqual(['ok', 'waiting']);
  });
});

describe('roles', () => {
  test('are named as they are found', async () => {
    const { roles } = await examined(await createPatient());

    expect(roles.state).toBe('ok');
    expect(roles.says).toContain('Approver, Billing, Editor, Viewer');
  });

  test('of a schema that nobody has: which schemas there are, and how to make the one', async () => {
    const world = await createPatient({ vars: { ROLES_SCHEMA: 'App_Roles' } });
    const found = await examined(world);

    expect(found.roles.state).toBe('waiting');
    expect(found.roles.steps[0]).toContain(
      'If roles are in one of them (PM_Teams, Roles, User_Level), change the rule on the console’s page Roles.',
    );
    expect(told(found.roles)).toContain('Manage custom attributes');
    expect(told(found.roles)).toContain('Yes or no');
    expect(found.roles.paste).toEqual([{ label: 'Category', value: 'App_Roles' }]);
    expect(found.channel.state).toBe('ok');
  });

  test('where nobody has any schema', async () => {
    const world = await createPatient({ seed: false });
    world.google.workspace.raw(ADMIN, { customSchemas: undefined });
    const { roles } = await examined(world);

    expect(roles.state).toBe('waiting');
    expect(roles.says).toContain('Nobody has any custom schema.');
    expect(told(roles)).not.toContain('Set ROLES_SCHEMA');
  });

  test('of a schema whose fields are no ticks', async () => {
    const world = await createPatient({ seed: false, vars: { ROLES_SCHEMA: 'Odd' } });
    world.google.workspace.raw(ADMIN, {
      customSchemas: { Odd: { Role: 'Editor', 'rollcall:admin': true } },
    });
    const { roles } = await examined(world);

    expect(roles.state).toBe('waiting');
    expect(roles.says).toContain('no field in it is a Yes');
  });
});
