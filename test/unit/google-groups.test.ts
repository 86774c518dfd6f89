// The groups of the fake: Google's own client asks for them over real HTTP, as an app may.
import { admin, type admin_directory_v1 } from '@googleapis/admin';
import { serve } from '@hono/node-server';
import { JWT } from 'google-auth-library';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import {
  GROUP_MEMBER_READONLY_SCOPE,
  GROUP_SCOPE,
  USER_READONLY_SCOPE,
} from '../google/service-accounts.ts';

let google: Google;
let pristine: unknown;
let origin: string;
let close: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    const options = { fetch: (r: Request) => google.fetch(r), port: 0, hostname: '127.0.0.1' };
    const server = serve(options, async (info) => {
      origin = `http://127.0.0.1:${info.port}`;
      google = await createGoogle({ origin });
      pristine = google.snapshot();
      resolve();
    });
    close = () => server.close();
  });
});
afterAll(() => close());
beforeEach(() => google.restore(pristine));

function directory(scope = GROUP_MEMBER_READONLY_SCOPE, subject = 'admin@example.test') {
  const file = JSON.parse(google.serviceAccountKey);
  const auth = new JWT({
    email: file.client_email,
    key: file.private_key,
    scopes: [scope],
    subject,
    transporterOptions: {
      retry: false,
      fetchImplementation: (input: string | URL | Request, init?: RequestInit) =>
        fetch(String(input).replace('https://oauth2.googleapis.com', origin), init),
    },
  });
  return admin({ version: 'directory_v1', auth, rootUrl: `${origin}/`, retry: false });
}

async function refusalOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (error) {
    const { response } = error as { response: { status: number; data: Refusal } };
    return { status: response.status, error: response.data.error };
  }
  throw new Error('the call went well');
}
interface Refusal {
  error: { message: string; errors: { reason: string }[] };
}

const ENGINEERING = 'engineering@example.test';
const groups = () => google.workspace.groups;
const idOf = (address: string) => google.workspace.user(address).id;
const addresses = (members: admin_directory_v1.Schema$Member[] = []) =>
  members.map(({ email }) => email).sort();

describe("Google's own client", () => {
  test('reads direct members with role, type and status', async () => {
    google.workspace.suspend('wei.zhang@example.test');
    const { data } = await directory().members.list({ groupKey: ENGINEERING });

    expect(data.kind).toBe('admin#directory#members');
    expect(
      Object.fromEntries(data.members?.map((m) => [m.email, [m.role, m.type, m.status]]) ?? []),
    ).toEqual({
      'noor@example.test': ['OWNER', 'USER', 'ACTIVE'],
      'wei.zhang@example.test': ['MEMBER', 'USER', 'SUSPENDED'],
      'oksana.bondar@example.test': ['MEMBER', 'USER', 'ACTIVE'],
      'platform@example.test': ['MEMBER', 'GROUP', undefined],
    });
  });

  test('reads those of nested groups as well, each once, and the stranger', async () => {
    groups().addMember('platform@example.test', 'noor@example.test');
    const { data } = await directory().members.list({
      groupKey: ENGINEERING,
      includeDerivedMembership: true,
    });

    expect(addresses(data.members)).toEqual([
      'dana@partner-studio.test',
      'liam.oreilly@example.test',
      'noor@example.test',
      'oksana.bondar@example.test',
      'platform@example.test',
      'wei.zhang@example.test',
    ]);
    expect(data.members?.find(({ id }) => id === idOf('noor@example.test'))?.role).toBe('OWNER');
  });

  test('reads only the roles it asks for', async () => {
    const { data } = await directory().members.list({
      groupKey: ENGINEERING,
      roles: 'OWNER,MANAGER',
    });
    expect(addresses(data.members)).toEqual(['noor@example.test']);
    const refusal = await refusalOf(
      directory().members.list({ groupKey: ENGINEERING, roles: 'BOSS' }),
    );
    expect(refusal.status).toBe(400);
  });

  test('goes from page to page, 200 at most on each, nobody twice or left out while others come', async () => {
    const everybody = google.workspace.addMany(450);
    groups().create({ email: 'many@example.test' });
    for (const { id } of everybody) groups().addMember('many@example.test', id);
    const found: string[] = [];
    const sizes: number[] = [];
    let pageToken: string | undefined;
    do {
      const page: { data: admin_directory_v1.Schema$Members } = await directory().members.list({
        groupKey: 'many@example.test',
        maxResults: 1000,
        ...(pageToken && { pageToken }),
      });
      const ids = (page.data.members ?? []).map(({ id }) => id ?? '');
      sizes.push(ids.length);
      found.push(...ids);
      pageToken = page.data.nextPageToken ?? undefined;
      // Somebody of this page leaves: it moves nobody of the next ones.
      groups().removeMember('many@example.test', ids[0] ?? '');
    } while (pageToken);

    expect(sizes).toEqual([200, 200, 50]);
    expect(found.toSorted()).toEqual(everybody.map(({ id }) => id).toSorted());
  });

  test('is refused a page token of another question', async () => {
    const client = directory();
    const { data } = await client.members.list({ groupKey: ENGINEERING, maxResults: 1 });
    const pageToken = data.nextPageToken ?? '';
    const refusal = await refusalOf(
      client.members.list({ groupKey: 'platform@example.test', maxResults: 1, pageToken }),
    );
    expect(refusal.status).toBe(400);
  });

  test('finds no `members` in an empty group, and one without address where everybody is in', async () => {
    groups().create({ email: 'empty@example.test' });
    const { data: empty } = await directory().members.list({ groupKey: 'empty@example.test' });
    const { data: everyone } = await directory().members.list({
      groupKey: 'everyone@example.test',
    });

    expect('members' in empty).toBe(false);
    expect(everyone.members).toEqual([
      expect.objectContaining({ id: 'C0rollcall1', type: 'CUSTOMER', role: 'MEMBER' }),
    ]);
    expect(everyone.members?.[0]).not.toHaveProperty('email');
  });

  test.each([
    ['directly', 'noor@example.test', true],
    ['through another group', 'liam.oreilly@example.test', true],
    ['not at all', 'sunny@example.test', false],
  ])('learns that somebody is a member %s', async (_, address, isMember) => {
    const memberKey = idOf(address);
    const { data } = await directory().members.hasMember({ groupKey: ENGINEERING, memberKey });
    expect(data).toEqual({ isMember });
  });

  test('learns nothing of a nested member outside the group’s domain', async () => {
    const { id } = google.workspace.add({
      primaryEmail: 'zoe@example-studio.test',
      givenName: 'Zoë',
      familyName: 'S',
    });
    groups().addMember('platform@example.test', id);
    const ask = (groupKey: string) => directory().members.hasMember({ groupKey, memberKey: id });

    const refusal = await refusalOf(ask(ENGINEERING));
    expect(refusal.status).toBe(400);
    expect(refusal.error.message).toBe('Invalid Input: memberKey');
    expect((await ask('platform@example.test')).data).toEqual({ isMember: true });
  });

  test('is answered 404 for a group or a member that is unknown or deleted', async () => {
    groups().remove('platform@example.test');
    const client = directory();
    const gone = await refusalOf(client.members.list({ groupKey: 'platform@example.test' }));
    const nobody = await refusalOf(
      client.members.hasMember({ groupKey: ENGINEERING, memberKey: '123456789012345678901' }),
    );

    expect([gone.status, gone.error.message, gone.error.errors[0]?.reason]).toEqual([
      404,
      'Resource Not Found: groupKey',
      'notFound',
    ]);
    expect([nobody.status, nobody.error.message]).toEqual([404, 'Resource Not Found: memberKey']);
    expect(
      addresses((await client.members.list({ groupKey: ENGINEERING })).data.members),
    ).not.toContain('platform@example.test');
  });

  test('finds a renamed group by its old address and by its id', async () => {
    const { id } = groups().rename(ENGINEERING, 'eng@example.test');
    google.accounts.delegate([`${GROUP_SCOPE}.readonly`]);
    const client = directory(`${GROUP_SCOPE}.readonly`);
    for (const groupKey of [id, ENGINEERING, 'ENG@example.test']) {
      const { data } = await client.groups.get({ groupKey });
      expect(data).toMatchObject({ id, email: 'eng@example.test', directMembersCount: '4' });
    }
  });

  test('lists groups: of the customer, of a domain, and those somebody is in directly', async () => {
    google.accounts.delegate([`${GROUP_SCOPE}.readonly`]);
    const client = directory(`${GROUP_SCOPE}.readonly`);
    const list = async (query: admin_directory_v1.Params$Resource$Groups$List) =>
      (await client.groups.list(query)).data.groups?.map(({ email }) => email);

    expect(await list({ customer: 'my_customer' })).toEqual([
      'engineering@example.test',
      'everyone@example.test',
      'platform@example.test',
    ]);
    expect(await list({ domain: 'example-studio.test' })).toBeUndefined();
    expect(await list({ userKey: 'liam.oreilly@example.test' })).toEqual(['platform@example.test']);
    const both = { customer: 'my_customer', userKey: 'liam.oreilly@example.test' };
    expect((await refusalOf(client.groups.list(both))).status).toBe(400);
    expect((await refusalOf(client.groups.list({}))).status).toBe(400);
  });

  test('is told that it lacks the scope, which the one for people is not', async () => {
    // One after the other: a refusal that nobody waits for yet is nobody's.
    const calls = [
      () => directory(USER_READONLY_SCOPE).members.list({ groupKey: ENGINEERING }),
      () => {
        const key = { groupKey: ENGINEERING, memberKey: '1' };
        return directory(USER_READONLY_SCOPE).members.hasMember(key);
      },
      () => directory().groups.list({ customer: 'my_customer' }),
      () => directory().users.list({ customer: 'my_customer' }),
    ];
    for (const call of calls) {
      const refusal = await refusalOf(call());
      expect(refusal.status).toBe(403);
      expect(refusal.error.errors[0]?.reason).toBe('insufficientPermissions');
    }
  });

  test('gets no token for groups where only people are delegated', async () => {
    google.accounts.delegate([USER_READONLY_SCOPE]);
    const refusal = await refusalOf(directory().members.list({ groupKey: ENGINEERING }));
    expect(refusal).toMatchObject({ status: 401, error: 'unauthorized_client' });
  });

  test('may not read members as somebody who is no admin', async () => {
    const client = directory(undefined, 'sunny@example.test');
    const refusal = await refusalOf(client.members.list({ groupKey: ENGINEERING }));
    expect(refusal.error.errors[0]?.reason).toBe('forbidden');
  });

  test('fails where it is made to', async () => {
    google.faults.failNext('members', '503');
    const refusal = await refusalOf(directory().members.list({ groupKey: ENGINEERING }));
    expect(refusal.status).toBe(503);
    expect(google.calls.at(-1)?.kind).toBe('members');
  });
});
