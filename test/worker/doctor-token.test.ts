// Why Google gives no access token: each cause is told from the others as far as Google lets one, with what to click and paste.
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  ADMIN,
  createPatient,
  doctorWorld,
  examined,
  NUMERIC_ID,
  SCOPE,
  states,
  told,
  withKey,
} from './doctor-patient.ts';
import type { World } from './world.ts';

const DELEGATION = 'https://admin.google.com/ac/owl/domainwidedelegation';
const OTHER_SCOPE = 'https://www.googleapis.com/auth/admin.directory.user';

/** The token endpoint refuses this subject; `undefined` is the service account itself. */
function refusing(world: World, subject: string | undefined, error: string) {
  const fetch = async (request: Request) => {
    if (!request.url.endsWith('/token')) return world.google.fetch(request);
    const assertion = (await request.clone().formData()).get('assertion');
    if (assertion === null || decodeJwt(String(assertion)).sub !== subject)
      return world.google.fetch(request);
    return Response.json({ error }, { status: 401 });
  };
  return { ...doctorWorld(world).surroundings, fetch };
}

describe('domain-wide delegation', () => {
  test('is missing: where to add it, with the numeric client id and the scope to paste', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.removeDelegation();
    const found = await examined(world);
    const { token } = found;

    expect(token.state).toBe('failed');
    expect(token.says).toContain('The key and the service account are good');
    expect(token.says).toContain('unauthorized_client');
    expect(token.steps.join('\n')).toContain(DELEGATION);
    expect(token.steps.join('\n')).toContain('Manage Domain Wide Delegation');
    expect(token.steps.join('\n')).toContain('24 hours');
    expect(token.paste).toEqual([
      { label: 'Client ID', value: NUMERIC_ID },
      { label: 'OAuth scopes', value: SCOPE },
      {
        label: 'Or open this page, where both are filled in',
        value: `${DELEGATION}?clientIdToAdd=${NUMERIC_ID}&clientScopeToAdd=${encodeURIComponent(SCOPE)}`,
      },
    ]);
    expect(states(found, 'api', 'people', 'roles', 'channel', 'sync')).toEqual(
      Array(5).fill('waiting'),
    );
    expect(found.api.says).toContain('Google hands out access tokens');
  });

  test('has another scope: the entry exists, and which scope it lacks', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.delegate([OTHER_SCOPE]);
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain(`it has ${OTHER_SCOPE} and lacks ${SCOPE}`);
    expect(token.steps.join('\n')).toContain('Edit');
  });

  test('works again: so does everything after it, whatever was cached', async () => {
    const world = await createPatient();
    expect((await examined(world)).token.state).toBe('ok');
    world.google.accounts.removeDelegation();
    expect((await examined(world)).token.state).toBe('failed');
    world.google.accounts.delegate([SCOPE]);
    expect(states(await examined(world), 'token', 'people', 'sync')).toEqual(['ok', 'ok', 'ok']);
  });

  test('is not blamed while the account itself gets no token', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.removeDelegation();
    const { token } = await examined(world, {
      surroundings: refusing(world, undefined, 'disabled_client'),
    });

    expect(token.says).toContain('is disabled');
    expect(told(token)).not.toContain(DELEGATION);
  });

  test('is not blamed while it works for another admin: this one is of another organisation', async () => {
    const vars = { GOOGLE_ADMIN_EMAIL: `${ADMIN},it@example.test` };
    const world = await createPatient({ import: false, vars });
    const { token } = await examined(world, {
      surroundings: refusing(world, 'it@example.test', 'unauthorized_client'),
    });

    expect(token.state).toBe('failed');
    expect(token.says).toContain('it@example.test is of an organisation that has not granted it');
    expect(told(token)).not.toContain(DELEGATION);
  });
});

describe('the service account', () => {
  test.each([
    ['disabled', 'is disabled', 'enable rollcall@rollcall-test.iam.gserviceaccount.com'],
    ['deleted', 'is deleted', 'restored for 30 days'],
  ] as const)('is %s', async (condition, says, step) => {
    const world = await createPatient({ import: false });
    world.google.accounts.first.condition = condition;
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain(says);
    expect(told(token)).toContain(step);
    expect(told(token)).toContain(
      'https://console.cloud.google.com/iam-admin/serviceaccounts?project=rollcall-test',
    );
  });

  test('is unknown to Google', async () => {
    const world = await createPatient({ import: false });
    const client_email = 'nobody@rollcall-test.iam.gserviceaccount.com';
    const { token } = await examined(world, { parsed: withKey(world, { client_email }) });

    expect(token.state).toBe('failed');
    expect(token.says).toContain('nobody@rollcall-test.iam.gserviceaccount.com');
    expect(token.says).toContain('deleted');
  });

  test('is blocked by app access control: where, and by which client id', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.block();
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain('access_denied');
    expect(told(token)).toContain('Manage app access');
    expect(token.paste).toEqual([{ label: 'Client ID', value: NUMERIC_ID }]);
  });

  test('has lost its key: how to make another, and the command that sets it', async () => {
    const world = await createPatient({ import: false });
    world.google.accounts.deleteKeys();
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain('the key was deleted or disabled, or has expired');
    expect(told(token)).toContain('npm run deploy -- --key key.json');
  });
});

describe('an admin', () => {
  test('is suspended, or misspelt', async () => {
    const world = await createPatient({
      import: false,
      vars: { GOOGLE_ADMIN_EMAIL: 'nobody@example.test' },
    });
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain('nobody@example.test is unknown to Google');
    expect(told(token)).toContain('https://admin.google.com/ac/users');
    expect(told(token)).toContain('GOOGLE_ADMIN_EMAIL');
  });

  test('was deleted lately: may be restored', async () => {
    const world = await createPatient({ import: false });
    world.google.workspace.remove(ADMIN);
    const { token } = await examined(world);

    expect(token.says).toBe(`${ADMIN} has been deleted.`);
    expect(told(token)).toContain('within 20 days');
  });

  test('is long gone', async () => {
    const world = await createPatient({ import: false });
    world.google.workspace.purge(world.google.workspace.remove(ADMIN).id);
    const { token } = await examined(world);

    expect(token.says).toContain('no address that Google can act as');
  });

  test('of several is out of use: named, while the other one is used', async () => {
    const world = await createPatient({
      vars: { GOOGLE_ADMIN_EMAIL: `${ADMIN},it@example.test` },
    });
    world.google.workspace.suspend(ADMIN);
    const found = await examined(world);

    expect(found.token.state).toBe('failed');
    expect(found.token.says).toContain(
      `${ADMIN} is unknown to Google in this organisation, or suspended.`,
    );
    expect(found.token.says).toContain('Meanwhile it@example.test gets tokens');
    expect(states(found, 'api', 'people', 'channel', 'sync')).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(found.people.says).toContain('it@example.test');
  });

  test('is tried even where another before it is good', async () => {
    const world = await createPatient({
      vars: { GOOGLE_ADMIN_EMAIL: `${ADMIN},gone@example.test` },
    });
    const { token } = await examined(world);

    expect(token.state).toBe('failed');
    expect(token.says).toContain('gone@example.test');
    world.google.workspace.add({
      primaryEmail: 'gone@example.test',
      givenName: 'A',
      familyName: 'B',
    });
    expect((await examined(world)).token.says).toBe(
      `For ${ADMIN}, gone@example.test, with ${SCOPE}.`,
    );
  });
});

test('what is wrong with the account is said once, not for each admin', async () => {
  const world = await createPatient({
    import: false,
    vars: { GOOGLE_ADMIN_EMAIL: `${ADMIN},it@example.test` },
  });
  world.google.accounts.disable();
  const { token } = await examined(world);

  expect(token.says.match(/is disabled/g)).toHaveLength(1);
  expect(new Set(token.steps).size).toBe(token.steps.length);
});

test('a stumble of Google’s is no fault of the set-up', async () => {
  const world = await createPatient();
  world.google.faults.failNext('token', '503');
  const { token } = await examined(world);

  expect(token.state).toBe('waiting');
  expect(token.says).toContain('stumbled');
});

test('a refusal that is not known here carries Google’s code and our one sentence', async () => {
  const world = await createPatient({ import: false });
  const token_uri = 'https://oauth2.googleapis.com/nothing/token';
  const { token } = await examined(world, { parsed: withKey(world, { token_uri }) });

  expect(token.state).toBe('failed');
  expect(told(token)).toContain('token_uri');
});

test.each(['a\nb', 'ya29.é', 'ya29. x', 'ya29.\u0000', ' '])(
  'a token that no header takes is none: %j',
  async (access_token) => {
    const world = await createPatient({ import: false });
    const { surroundings } = doctorWorld(world);
    const fetch = async (request: Request) =>
      request.url.endsWith('/token') && request.method === 'POST'
        ? Response.json({ access_token, expires_in: 3599, token_type: 'Bearer' })
        : world.google.fetch(request);
    const { token, api } = await examined(world, { surroundings: { ...surroundings, fetch } });

    expect(token.state).toBe('failed');
    expect(token.says).toContain('token-missing');
    expect(api.state).toBe('waiting');
  },
);
