// Conformance: Google's own Node client, unmodified, against the fake over real HTTP on loopback.
// Only the endpoint is set: `rootUrl` for the API, and for the token URL (a constant in the library)
// the documented `fetchImplementation` of its transporter.
import { admin, type admin_directory_v1 } from '@googleapis/admin';
import { serve } from '@hono/node-server';
import { JWT } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import { ServiceAccounts, USER_READONLY_SCOPE, USER_SCOPE } from '../google/service-accounts.ts';

let google: Google;
let origin: string;
let close: () => void;
let stranger: string;

beforeAll(async () => {
  stranger = (await ServiceAccounts.strangerKey()).privateKeyPem;
  await new Promise<void>((resolve) => {
    const options = { fetch: (r: Request) => google.fetch(r), port: 0, hostname: '127.0.0.1' };
    const server = serve(options, async (info) => {
      origin = `http://127.0.0.1:${info.port}`;
      google = await createGoogle({ origin });
      resolve();
    });
    close = () => server.close();
  });
});
afterAll(() => close());

interface Who {
  subject?: string;
  scopes?: string[];
  privateKey?: string;
}

function directory({ subject = 'admin@example.test', scopes, privateKey }: Who = {}) {
  const file = JSON.parse(google.serviceAccountKey);
  const auth = new JWT({
    email: file.client_email,
    key: privateKey ?? file.private_key,
    scopes: scopes ?? [USER_READONLY_SCOPE],
    ...(subject !== '' && { subject }),
    transporterOptions: {
      retry: false,
      fetchImplementation: (input: string | URL | Request, init?: RequestInit) =>
        fetch(String(input).replace('https://oauth2.googleapis.com', origin), init),
    },
  });
  const rootUrl = `${origin}/`;
  return admin({ version: 'directory_v1', auth, rootUrl, retry: false });
}

interface Refusal {
  status: number;
  data: { error: { message: string; errors: { reason: string }[] } };
}

/** What the client was answered when it throws. */
async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response: Refusal };
    return response;
  }
  throw new Error('the call went well');
}

const me = { customer: 'my_customer' };

describe("Google's own client", () => {
  test('logs in as the admin and lists everybody over several pages, in order', async () => {
    const client = directory();
    const addresses: string[] = [];
    let pageToken: string | undefined;
    let pages = 0;
    do {
      const page: { data: admin_directory_v1.Schema$Users } = await client.users.list({
        ...me,
        maxResults: 7,
        ...(pageToken && { pageToken }),
      });
      addresses.push(...(page.data.users ?? []).map((user) => user.primaryEmail ?? ''));
      pageToken = page.data.nextPageToken ?? undefined;
      pages++;
    } while (pageToken);

    expect(pages).toBe(4);
    expect(addresses).toEqual(google.workspace.users.map((user) => user.primaryEmail));
  });

  test.each([
    ['id', () => google.workspace.user('noor@example.test').id],
    ['address', () => 'noor@example.test'],
    ['address in capitals', () => 'NOOR@EXAMPLE.TEST'],
    ['alias', () => 'noor.alhaddad@example.test'],
  ])('gets a person by %s', async (_, key) => {
    const { data } = await directory().users.get({ userKey: key(), projection: 'full' });

    expect(data).toMatchObject({
      id: google.workspace.user('noor@example.test').id,
      primaryEmail: 'noor@example.test',
      name: { givenName: 'نور' },
      customSchemas: { Roles: { Editor: true, Approver: true } },
    });
  });

  test('opens a channel, hears of a change, and stops it', async () => {
    const client = directory();
    const heard: string[] = [];
    const receiver = serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => {
        heard.push(request.headers.get('x-goog-resource-state') ?? '');
        return new Response(null, { status: 204 });
      },
    });
    await new Promise((resolve) => receiver.once('listening', resolve));
    const { port } = receiver.address() as { port: number };

    const { data: channel } = await client.users.watch({
      ...me,
      event: 'update',
      requestBody: {
        id: crypto.randomUUID(),
        type: 'web_hook',
        address: `http://127.0.0.1:${port}/google/notifications`,
        token: 'secret',
        expiration: String(Date.now() + 60_000),
      },
    });
    google.workspace.suspend('ext.baker@example.test');
    await google.flush();
    const { id = null, resourceId = null } = channel;
    const stopped = await client.channels.stop({ requestBody: { id, resourceId } });
    const again = await refusalOf(client.channels.stop({ requestBody: { id, resourceId } }));
    receiver.close();

    expect(channel).toMatchObject({ kind: 'api#channel', token: 'secret' });
    expect(heard).toEqual(['sync', 'update']);
    expect(stopped.status).toBe(204);
    expect(again.status).toBe(404);
    expect(again.data.error.message).toBe(`Channel '${id}' not found for project '720481632641'`);
    expect(google.workspace.channels).toEqual([]);
  });

  test('adds, renames, promotes, deletes and brings back a person', async () => {
    google.accounts.delegate([USER_READONLY_SCOPE, USER_SCOPE]);
    const client = directory({ scopes: [USER_SCOPE] });
    const name = { givenName: 'Zoë', familyName: 'Test' };
    const requestBody = { primaryEmail: 'zoe@example.test', name, password: 'not kept' };

    const { data: added } = await client.users.insert({ requestBody });
    const userKey = added.id ?? '';
    await client.users.patch({ userKey, requestBody: { primaryEmail: 'zt@example.test' } });
    await client.users.makeAdmin({ userKey, requestBody: { status: true } });
    const { data: renamed } = await client.users.get({ userKey: 'zoe@example.test' });
    await client.users.delete({ userKey });
    const gone = await refusalOf(client.users.get({ userKey }));
    const { data: bin } = await client.users.list({ ...me, showDeleted: 'true' });
    await client.users.undelete({ userKey, requestBody: { orgUnitPath: '/Sales' } });
    const { data: back } = await client.users.get({ userKey });
    google.accounts.delegate([USER_READONLY_SCOPE]);

    expect(renamed).toMatchObject({ id: userKey, primaryEmail: 'zt@example.test', isAdmin: true });
    expect(renamed.aliases).toEqual(['zoe@example.test']);
    expect(gone.status).toBe(404);
    expect(bin.users?.map((user) => user.id)).toEqual([userKey]);
    expect(back).toMatchObject({ id: userKey, orgUnitPath: '/Sales' });
  });

  test('is not let in without delegation', async () => {
    google.accounts.removeDelegation();
    const refusal = await refusalOf(directory().users.list(me));
    google.accounts.delegate([USER_READONLY_SCOPE]);

    expect(refusal).toMatchObject({ status: 401, data: { error: 'unauthorized_client' } });
  });

  test("is not let in with somebody else's key", async () => {
    const refusal = await refusalOf(directory({ privateKey: stranger }).users.list(me));

    expect(refusal).toMatchObject({
      status: 400,
      data: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    });
  });

  test('is told that it lacks the scope to write', async () => {
    const refusal = await refusalOf(directory().users.delete({ userKey: 'sunny@example.test' }));

    expect(refusal.status).toBe(403);
    expect(refusal.data.error.errors[0]?.reason).toBe('insufficientPermissions');
  });

  test('may not list as somebody who is no admin', async () => {
    const refusal = await refusalOf(directory({ subject: 'sunny@example.test' }).users.list(me));

    expect(refusal.status).toBe(403);
    expect(refusal.data.error.errors[0]?.reason).toBe('forbidden');
  });

  test('finds no domain when it acts as nobody', async () => {
    const refusal = await refusalOf(directory({ subject: '' }).users.list(me));

    expect(refusal.status).toBe(404);
    expect(refusal.data.error.message).toBe('Domain not found.');
  });

  test('is answered 404 for a person who is unknown', async () => {
    const refusal = await refusalOf(directory().users.get({ userKey: 'nobody@example.test' }));

    expect(refusal.status).toBe(404);
    expect(refusal.data.error.message).toBe('Resource Not Found: userKey');
  });

  test('is answered 400 for a list of no customer', async () => {
    const refusal = await refusalOf(directory().users.list({}));

    expect(refusal.status).toBe(400);
    expect(refusal.data.error.errors[0]?.reason).toBe('badRequest');
  });
});
