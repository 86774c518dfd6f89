// Whether Google knows the OAuth client, the address that people come back to, and the secret.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import type { Finding } from '../../src/setup/finding.ts';
import {
  CLIENT_ID,
  createPatient,
  doctorWorld,
  examined,
  REDIRECT_URI,
  told,
} from './doctor-patient.ts';
import type { World } from './world.ts';

const CLIENTS = 'https://console.cloud.google.com/auth/clients';

const clientOf = (world: World) => {
  const client = world.google.openid.clients.find(CLIENT_ID);
  if (!client) throw new TypeError('no client');
  return client;
};

/** What is found where the authorization endpoint answers so. */
async function foundWith(world: World, answer: () => Response): Promise<Finding> {
  const { surroundings } = doctorWorld(world);
  const fetch = async (request: Request) =>
    new URL(request.url).pathname === '/o/oauth2/v2/auth' ? answer() : world.google.fetch(request);
  return (await examined(world, { surroundings: { ...surroundings, fetch }, deployed: null }))
    .oauth;
}

test('in order: nobody is asked to sign in, and no code is used', async () => {
  const world = await createPatient();
  const { oauth } = await examined(world);

  expect(oauth).toMatchObject({ state: 'ok' });
  expect(oauth.says).toContain(REDIRECT_URI);
});

test('not set: how to make a client, with the address to register', async () => {
  const world = await createPatient({
    vars: { GOOGLE_CLIENT_ID: undefined, GOOGLE_CLIENT_SECRET: undefined },
  });
  const { configuration, oauth } = await examined(world);

  expect(configuration.state).toBe('ok');
  expect(oauth.state).toBe('waiting');
  expect(oauth.says).toContain('GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are not set');
  expect(told(oauth)).toContain('Web application');
  expect(told(oauth)).toContain(`${CLIENTS}?project=rollcall-test`);
  expect(oauth.paste).toContainEqual({ label: 'Authorized redirect URI', value: REDIRECT_URI });
});

describe.each(['page', 'redirect'] as const)('Google refuses by a %s', (refusals) => {
  test('an address that is not registered: which one to add', async () => {
    const world = await createPatient();
    world.google.openid.refusals = refusals;
    clientOf(world).redirectUris = [`${REDIRECT_URI}/`];
    const { oauth } = await examined(world);

    expect(oauth.state).toBe('failed');
    expect(oauth.says).toContain('redirect_uri_mismatch');
    expect(told(oauth)).toContain(CLIENTS);
    expect(oauth.paste[0]).toEqual({ label: 'Authorized redirect URI', value: REDIRECT_URI });
  });

  test('a client that it does not know: said once, and the secret is not blamed', async () => {
    const world = await createPatient({
      vars: { GOOGLE_CLIENT_ID: '1-nobody.apps.googleusercontent.com' },
    });
    world.google.openid.refusals = refusals;
    const { oauth } = await examined(world);

    expect(oauth.state).toBe('failed');
    expect(oauth.says).toContain('GOOGLE_CLIENT_ID');
    expect(oauth.says).not.toContain('GOOGLE_CLIENT_SECRET');
  });

  test.each([
    ['deleted', 'Restore it'],
    ['disabled', 'Enable it'],
  ] as const)('a client that was %s', async (status, words) => {
    const world = await createPatient();
    world.google.openid.refusals = refusals;
    clientOf(world).status = status;
    const { oauth } = await examined(world);

    expect(oauth.state).toBe('failed');
    expect(oauth.says).toContain(`${status}_client`);
    expect(told(oauth)).toContain(words);
  });
});

test('a wrong secret: the command that sets it, and the client is not blamed', async () => {
  const world = await createPatient();
  const vars = { ...world.env, GOOGLE_CLIENT_SECRET: 'GOCSPX-of-another-client' };
  const { oauth } = await examined(world, { parsed: parseConfig(vars as never) });

  expect(oauth.state).toBe('failed');
  expect(oauth.says).toBe(
    'Google does not take the client secret in GOOGLE_CLIENT_SECRET (invalid_client).',
  );
  expect(told(oauth)).toContain('npx wrangler secret put GOOGLE_CLIENT_SECRET');
  expect(told(oauth)).not.toContain('GOCSPX-of-another-client');
});

test('a wrong address and a wrong secret are both told at once', async () => {
  const world = await createPatient();
  clientOf(world).redirectUris = [];
  clientOf(world).clientSecret = 'GOCSPX-a-newer-one';
  const { oauth } = await examined(world);

  expect(oauth.says).toContain('redirect_uri_mismatch');
  expect(oauth.says).toContain('GOOGLE_CLIENT_SECRET');
});

describe('Google answers the sign-in', () => {
  // As the field has it: https://accounts.google.com/signin/oauth/error, fields of a protocol buffer in base64.
  const AUTH_ERROR = 'Cg5pbnZhbGlkX2NsaWVudBIfVGhlIE9BdXRoIGNsaWVudCB3YXMgbm90IGZvdW5kLiCRAw%3D%3D';
  test.each([
    [`/signin/oauth/error?authError=${AUTH_ERROR}&flowName=GeneralOAuthFlow`, 'GOOGLE_CLIENT_ID'],
    ['https://accounts.google.com/signin/oauth/error?error=org_internal', 'External'],
    ['https://accounts.google.com/signin/oauth/error?error=admin_policy_enforced', 'Trusted'],
    ['https://accounts.google.com/signin/oauth/error?error=invalid_request', 'branding'],
  ])('with a redirect to its error page %s', async (location, words) => {
    const world = await createPatient();
    const answer = () => new Response(null, { status: 302, headers: { location } });
    const oauth = await foundWith(world, answer);

    expect(oauth.state).toBe('failed');
    expect(told(oauth)).toContain(words);
  });

  test.each([
    ['a page', () => new Response('<p>redirect_uri_mismatch is not the matter here</p>')],
    ['an outage', () => new Response('<p>Error</p>', { status: 502 })],
    [
      'a way to somewhere else',
      () =>
        new Response(null, {
          status: 302,
          headers: { location: 'https://elsewhere.example/auth/callback' },
        }),
    ],
    [
      'an authError that is not base64',
      () =>
        new Response(null, {
          status: 302,
          headers: { location: '/signin/oauth/error?authError=%25%25' },
        }),
    ],
    [
      'a broken address',
      () => new Response(null, { status: 302, headers: { location: 'http://[' } }),
    ],
  ])('with %s: it can’t be told without a person, who is asked to try', async (_, answer) => {
    const oauth = await foundWith(await createPatient(), answer);

    expect(oauth.state).toBe('waiting');
    expect(oauth.steps).toEqual([
      `Try it: open ${new URL('/auth/login', REDIRECT_URI).href} and sign in.`,
    ]);
  });

  test.each(['access_denied', 'immediate_failed', 'interaction_required'] as const)(
    'back at our address with %s: it knows client and address',
    async (silentError) => {
      const world = await createPatient();
      world.google.openid.silentError = silentError;

      expect((await examined(world)).oauth.state).toBe('ok');
    },
  );
});

test.each(['503', '502 html', 'dropped connection', 'empty body'] as const)(
  'a token endpoint that answers with %s says nothing about the secret',
  async (fault) => {
    const world = await createPatient();
    world.google.faults.failNext('code', fault);

    expect((await examined(world)).oauth.state).toBe('waiting');
  },
);

test('an issuer that tells no endpoints', async () => {
  const world = await createPatient();
  world.google.faults.failNext('discovery', '404 html', 2);
  const { oauth } = await examined(world);

  expect(oauth.state).toBe('waiting');
  expect(told(oauth)).toContain('GOOGLE_ISSUER');
});

describe('an issuer that leads elsewhere is not followed', () => {
  /** What is called, and found, where the discovery document says so. */
  async function foundWhereItNames(
    endpoints: Record<string, string>,
    vars: Record<string, string> = {},
  ) {
    const world = await createPatient({ import: false });
    const { surroundings } = doctorWorld(world);
    const called: string[] = [];
    const fetch = async (request: Request) => {
      called.push(new URL(request.url).host);
      if (!request.url.includes('/.well-known/')) return world.google.fetch(request);
      const { issuer = 'https://accounts.google.com' } = { issuer: vars['GOOGLE_ISSUER'] };
      const authorization_endpoint = `${issuer}/o/oauth2/v2/auth`;
      const [token_endpoint, jwks_uri] = [`${issuer}/token`, `${issuer}/certs`];
      const document = { issuer, authorization_endpoint, token_endpoint, jwks_uri, ...endpoints };
      return Response.json(document);
    };
    const parsed = parseConfig({ ...world.env, ...vars } as never);
    const bent = { surroundings: { ...surroundings, fetch }, parsed, deployed: null };
    const { configuration, oauth } = await examined(world, bent);
    expect(configuration.state).toBe('ok');
    return { oauth, called };
  }

  test.each([
    ['authorization_endpoint', 'https://169.254.169.254/auth'],
    ['token_endpoint', 'https://localhost:1/token'],
    ['token_endpoint', 'https://localhost/token'],
    ['token_endpoint', 'https://[::1]/token'],
    ['token_endpoint', 'https://sign-in.example:8443/token'],
    ['token_endpoint', 'https://somebody:secret@sign-in.example/token'],
    ['token_endpoint', 'https://metadata.google.internal/token'],
    ['token_endpoint', 'https://intranet/token'],
    ['token_endpoint', 'https://2130706433/token'],
    ['jwks_uri', 'https://10.0.0.7/certs'],
  ])('%s at %s', async (name, endpoint) => {
    const { oauth, called } = await foundWhereItNames({ [name]: endpoint });

    expect(oauth.state).toBe('failed');
    expect(told(oauth)).toContain('GOOGLE_ISSUER');
    expect(called).not.toContain(new URL(endpoint).host);
    expect(called.filter((host) => host === 'accounts.google.com')).toHaveLength(1);
  });

  test.each([
    ['http://localhost:8788', 'http://127.0.0.1:9/token', true],
    ['http://localhost:8788', 'http://10.0.0.7/token', false],
    ['https://accounts.google.com', 'https://localhost/token', false],
  ])(
    'on a laptop, with the issuer %s, a token endpoint at %s is called: %s',
    async (issuer, endpoint, isCalled) => {
      const vars = { PUBLIC_URL: 'http://localhost:8787', GOOGLE_ISSUER: issuer };
      const { called } = await foundWhereItNames({ token_endpoint: endpoint }, vars);

      expect(called.includes(new URL(endpoint).host)).toBe(isCalled);
    },
  );
});
