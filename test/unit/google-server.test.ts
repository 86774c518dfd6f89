// The fake served from Node: only this machine may reach it, its state outlives a restart, pushes
// leave by themselves, and broken connections are really broken.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type ServedGoogle, type ServeOptions, serveGoogle } from '../google/server.ts';
import { accessToken, callApi } from '../google/signed-caller.ts';

const running: ServedGoogle[] = [];
const folders: string[] = [];

async function served(options: Partial<ServeOptions> = {}): Promise<ServedGoogle> {
  const one = await serveGoogle({ port: 0, ...options });
  running.push(one);
  return one;
}

async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'google-'));
  folders.push(folder);
  return join(folder, 'new', 'state.json');
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** The status for a GET with any Host header, which fetch doesn't allow to set. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject).end();
  });
}

test('answers this machine and nobody who calls it by another name', async () => {
  const { url } = await served();
  const { port } = new URL(url);
  const own = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`);
  const foreign = [`rebound.test:${port}`, 'localhost', `localhost:${Number(port) + 1}`];
  const at = `http://127.0.0.1:${port}/`;

  expect(await Promise.all(own.map((host) => statusFor(at, host)))).toEqual([200, 200, 200]);
  expect(await Promise.all(foreign.map((host) => statusFor(at, host)))).toEqual([421, 421, 421]);
});

test('names its own token endpoint in the key file', async () => {
  const { url, google } = await served();

  expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  expect(JSON.parse(google.serviceAccountKey).token_uri).toBe(`${url}/token`);
});

test('is the same company, with the same key and channels, after a restart', async () => {
  const persistFile = await stateFile();
  const first = await served({ persistFile });
  const { google } = first;
  const token = await accessToken(google, Date.now());
  const body = { id: 'kept', type: 'web_hook', address: 'http://127.0.0.1:9/' };
  await callApi(google, '/users/watch?customer=my_customer', { method: 'POST', token, body });
  google.workspace.suspend('sunny@example.test');
  google.faults.getLagMs = 5;
  await first.close();
  const { mode } = await stat(persistFile);
  const second = await served({ persistFile });

  const keyOf = (text: string) => JSON.parse(text).private_key;
  expect(mode & 0o777).toBe(0o600);
  expect(keyOf(second.google.serviceAccountKey)).toBe(keyOf(google.serviceAccountKey));
  expect(JSON.parse(second.google.serviceAccountKey).token_uri).toBe(`${second.url}/token`);
  expect(second.google.workspace.user('sunny@example.test').suspended).toBe(true);
  expect(second.google.workspace.channels.map((channel) => channel.id)).toEqual(['kept']);
  expect(second.google.faults.getLagMs).toBe(5);
});

test('writes a change down by itself', async () => {
  const persistFile = await stateFile();
  const { google } = await served({ persistFile });
  google.workspace.suspend('sunny@example.test');

  await expect
    .poll(async () => {
      const { workspace } = JSON.parse(await readFile(persistFile, 'utf8'));
      const people: { user: { primaryEmail: string; suspended: boolean } }[] =
        workspace.people.people;
      return people.find(({ user }) => user.primaryEmail === 'sunny@example.test')?.user.suspended;
    })
    .toBe(true);
});

test('delivers pushes by itself, several at a time', async () => {
  let together = 0;
  let most = 0;
  let total = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const { google } = await served({
    deliver: async () => {
      most = Math.max(most, ++together);
      await new Promise((done) => setImmediate(done));
      together--;
      if (++total === 41) resolve();
      return new Response(null, { status: 204 });
    },
  });
  const token = await accessToken(google, Date.now());
  const body = { id: 'c', type: 'web_hook', address: 'https://receiver.test/' };
  await callApi(google, '/users/watch?customer=my_customer', { method: 'POST', token, body });
  google.workspace.addMany(40);
  await all;

  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});

test('cuts the connection when it is told to drop it', async () => {
  const { url, google } = await served();
  google.faults.failNext('list', 'dropped connection');
  const list = () => fetch(`${url}/admin/directory/v1/users?customer=my_customer`);

  await expect(list()).rejects.toThrow(TypeError);
  expect((await list()).status).toBe(401);
});

test('lets a caller give up on a slow answer', async () => {
  const { url, google } = await served();
  google.faults.failNext('list', 'slow');
  const abort = new AbortController();
  const answer = fetch(`${url}/admin/directory/v1/users`, { signal: abort.signal });
  await expect.poll(() => google.faults.pending.length).toBe(0);
  abort.abort();

  await expect(answer).rejects.toThrow('abort');
  await expect.poll(() => google.calls.at(-1)).toMatchObject({ kind: 'list', status: 0 });
});
