// Whether Google opens a channel and reaches us: a probe that is in D1 before Google is asked, counted whenever its first
// message comes, stopped when it is done, and looked at again without asking Google.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { readProbes, storeProbe } from '../../src/db/channel-probes.ts';
import { closeProbes } from '../../src/setup/checks/probe.ts';
import { examine, withNews } from '../../src/setup/doctor.ts';
import type { Check, Finding } from '../../src/setup/finding.ts';
import { syncPorts } from '../../src/sync/ports.ts';
import {
  ADMIN,
  createPatient,
  doctorWorld,
  examined,
  holdsNoSecret,
  importAll,
  PUBLIC_URL,
  states,
  told,
} from './doctor-patient.ts';
import type { World } from './world.ts';

const ADDRESS = `${PUBLIC_URL}/google/notifications`;
const of = (findings: readonly Finding[], check: Check) =>
  findings.find((one) => one.check === check) as Finding;

/** Examines while nothing that Google sends is consumed. */
async function examinedInSilence(world: World): Promise<Finding[]> {
  const { surroundings } = doctorWorld(world);
  const wait = async (ms: number) => world.advance(ms);
  const findings = await examine(doctorWorld(world, { surroundings: { ...surroundings, wait } }));
  holdsNoSecret(world, findings);
  return findings;
}

async function news(world: World, findings: Finding[]): Promise<Finding[]> {
  const calls = world.google.calls.length;
  const found = await withNews(findings, world.ports);
  expect(world.google.calls.length).toBe(calls);
  holdsNoSecret(world, found);
  return found;
}

describe('a probe', () => {
  test('opens, and its first message is back: after how long', async () => {
    const world = await createPatient();
    const { channel, sync } = await examined(world);

    expect(channel).toMatchObject({ state: 'ok' });
    expect(channel.says).toBe(`Google opened a trial channel to ${ADDRESS}, for 30 minutes.`);
    expect(sync).toMatchObject({ state: 'ok' });
    expect(sync.says).toBe('Its first message came 500 ms after it was asked for.');
    const [probe] = world.google.channels.live;
    expect(probe).toMatchObject({ event: 'update', address: ADDRESS });
  });

  test('is counted when its first message overtakes Google’s answer', async () => {
    const world = await createPatient();
    world.google.faults.syncBeforeAnswer = true;
    const { surroundings } = doctorWorld(world);
    const fetch = async (request: Request) => {
      const answer = await world.google.fetch(request);
      // Received and consumed before we hear that the channel is open.
      if (request.url.includes('/watch')) await world.consume();
      return answer;
    };
    const api = { ...world.ports.api, fetch };
    const ports = { ...world.ports, api };
    const { sync } = await examined(world, {
      surroundings: { ...surroundings, fetch, wait: async () => {} },
      deployed: { ports, bindings: world.env },
    });

    expect(sync.state).toBe('ok');
  });

  test('is not in KV: nobody renews it', async () => {
    const world = await createPatient();
    const before = (await world.ports.channels.list({ prefix: 'channel:' })).keys.length;
    await examined(world);

    expect((await world.ports.channels.list({ prefix: 'channel:' })).keys).toHaveLength(before);
  });

  test('is stopped once its message has come, as the admin who opened it; what it found stays', async () => {
    const world = await createPatient({
      vars: { GOOGLE_ADMIN_EMAIL: `gone@example.test,${ADMIN}` },
    });
    const findings = await examined(world);
    expect(findings.sync.state).toBe('ok');
    await closeProbes(world.ports);

    expect(world.google.channels.live).toEqual([]);
    expect(await readProbes(world.ports.db)).toMatchObject([{ resourceId: '', adminEmail: ADMIN }]);
    const stops = world.google.calls.filter(({ kind }) => kind === 'stop').length;
    await closeProbes(world.ports);
    expect(world.google.calls.filter(({ kind }) => kind === 'stop')).toHaveLength(stops);
  });

  test('without a message is left alone for ten minutes, then stopped, and forgotten after a day', async () => {
    const world = await createPatient();
    world.google.faults.dropSync = true;
    await examinedInSilence(world);
    world.advance(9 * 60_000);
    await closeProbes(world.ports);
    expect(world.google.channels.live).toHaveLength(1);
    world.advance(60_000);
    await closeProbes(world.ports);
    expect(world.google.channels.live).toEqual([]);
    expect(await readProbes(world.ports.db)).toHaveLength(1);
    world.advance(24 * 3_600_000);
    await closeProbes(world.ports);
    expect(await readProbes(world.ports.db)).toEqual([]);
  });

  test('that can’t be stopped is tried again, and nothing is thrown', async () => {
    const world = await createPatient();
    await examined(world);
    world.google.faults.failNext('stop', '503');
    await closeProbes(world.ports);
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'probe.not-stopped' }));
    expect(world.google.channels.live).toHaveLength(1);
    await closeProbes(world.ports);
    expect(world.google.channels.live).toEqual([]);
  });

  test('can’t be read while D1 is away: nothing is thrown', async () => {
    const world = await createPatient();
    const prepare = () => {
      throw new Error('Network connection lost.');
    };
    const db = { ...world.ports.db, d1: { prepare } as unknown as D1Database };
    await closeProbes({ ...world.ports, db });

    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'probes.not-read' }));
  });

  test('that D1 does not take is stopped again: nobody would know of it', async () => {
    const world = await createPatient();
    const { surroundings } = doctorWorld(world);
    let isAway = false;
    const prepare = (query: string) => {
      if (isAway) throw new Error('Network connection lost.');
      return world.ports.db.d1.prepare(query);
    };
    const fetch = async (request: Request) => {
      const answer = await world.google.fetch(request);
      if (request.url.includes('/watch')) {
        expect(world.google.channels.live).toHaveLength(1);
        isAway = true;
      }
      return answer;
    };
    const db = { ...world.ports.db, d1: { prepare } as unknown as D1Database };
    const { channel, sync } = await examined(world, {
      surroundings: { ...surroundings, fetch },
      deployed: { ports: { ...world.ports, db }, bindings: world.env },
    });

    expect(channel).toMatchObject({ state: 'waiting' });
    expect(channel.says).toContain('D1 stopped answering');
    expect(sync.state).toBe('waiting');
    expect(world.google.channels.live).toEqual([]);
  });

  test('of an earlier examination is stopped by the next', async () => {
    const world = await createPatient();
    await examined(world);
    await examined(world);

    expect(world.google.channels.live).toHaveLength(1);
  });
});

describe('Google refuses a channel', () => {
  test('because nobody proved to own the host: Search Console, and what to verify', async () => {
    const world = await createPatient();
    world.google.faults.callbackUnauthorized = true;
    const { channel, sync } = await examined(world);

    expect(channel.state).toBe('failed');
    expect(channel.says).toContain('people.rollcall.example');
    expect(told(channel)).toContain('https://search.google.com/search-console');
    expect(channel.paste).toEqual([{ label: 'URL prefix', value: `${PUBLIC_URL}/` }]);
    expect(sync).toMatchObject({ state: 'waiting' });
    expect(await readProbes(world.ports.db)).toEqual([]);
  });

  test('because the address is not https', async () => {
    const world = await createPatient();
    const vars = { ...world.env, PUBLIC_URL: 'http://localhost:8787' };
    const parsed = parseConfig(vars as never);
    if (!parsed.ok) throw new Error('a bad configuration');
    const ports = { ...world.ports, config: parsed.config };
    const deployed = { ports, bindings: world.env };
    expect((await examined(world, { parsed, deployed })).channel.state).toBe('ok');
    world.google.faults.refuseHttpCallbacks = true;
    const { channel } = await examined(world, { parsed, deployed });

    expect(channel.state).toBe('failed');
    expect(channel.says).toContain('push.webhookUrlNotHttps');
    expect(told(channel)).toContain('PUBLIC_URL must be the https address');
  });

  test.each([
    ['channelIdNotUnique', 400, 'failed', 'please report it'],
    ['push.channelIdInvalid', 400, 'failed', 'please report it'],
    ['quotaExceeded', 403, 'waiting', 'quota'],
    ['backendError', 503, 'waiting', 'Check again in a minute'],
    ['push.webhookUrlUnauthorized', 400, 'failed', 'Search Console'],
    ['push.webhookUrlCertificateInvalid', 400, 'failed', 'certificate'],
    ['somethingNew', 400, 'failed', 'somethingNew'],
  ])('with %s (%d)', async (reason, status, state, words) => {
    const world = await createPatient();
    const { surroundings } = doctorWorld(world);
    const fetch = async (request: Request) =>
      request.url.includes('/watch')
        ? Response.json({ error: { code: status, errors: [{ reason }] } }, { status })
        : world.google.fetch(request);
    const { channel } = await examined(world, { surroundings: { ...surroundings, fetch } });

    expect(channel.state).toBe(state);
    expect(told(channel)).toContain(words);
  });
});

describe('no message comes', () => {
  test('within four seconds: it may be on its way', async () => {
    const world = await createPatient();
    const startedMs = world.clock.nowMs;
    const sync = of(await examinedInSilence(world), 'sync');

    expect(world.clock.nowMs - startedMs).toBe(4_000);
    expect(sync.state).toBe('waiting');
    expect(sync.says).toContain('Opened 4 s ago');
    expect(sync.says).toContain(ADDRESS);
  });

  test('later it has come: the page that is looked at again says so, and Google is not asked', async () => {
    const world = await createPatient();
    const findings = await examinedInSilence(world);
    world.advance(20_000);
    await world.push();
    await world.consume();
    const found = await news(world, findings);

    expect(of(found, 'sync')).toMatchObject({ state: 'ok' });
    await closeProbes(world.ports);
    expect(of(await news(world, findings), 'sync')).toMatchObject({ state: 'ok' });
  });

  test('for a minute: everything that may stand in its way, with the address to try', async () => {
    const world = await createPatient();
    world.google.faults.dropSync = true;
    const findings = await examinedInSilence(world);
    world.advance(50_000);
    expect(of(await news(world, findings), 'sync').state).toBe('waiting');
    world.advance(10_000);
    const sync = of(await news(world, findings), 'sync');

    expect(sync.state).toBe('failed');
    for (const word of [
      'Access',
      'WAF',
      'APIs-Google',
      'robots.txt',
      'PUBLIC_URL',
      'certificate',
      'DNS',
    ])
      expect(told(sync)).toContain(word);
    expect(sync.paste).toContainEqual({ label: 'Address', value: ADDRESS });
  });

  test('to this probe nor to the one before it: the next examination does not begin with patience again', async () => {
    const world = await createPatient();
    world.google.faults.dropSync = true;
    await examinedInSilence(world);
    world.advance(61_000);
    expect(of(await examinedInSilence(world), 'sync').state).toBe('failed');
    world.google.faults.dropSync = false;
    expect((await examined(world)).sync.state).toBe('ok');
  });

  test('what is not known any more is left as it was found', async () => {
    const world = await createPatient();
    world.google.faults.dropSync = true;
    const findings = await examinedInSilence(world);
    await world.ports.db.d1.prepare('DELETE FROM channel_probes').run();

    expect(await news(world, findings)).toEqual(findings);
  });
});

test('a page that is looked at again sees the import end, and leaves all else as it was', async () => {
  const world = await createPatient({ import: false });
  const findings = Object.values(await examined(world));
  expect(of(findings, 'import').state).toBe('waiting');
  await importAll(world);
  const found = await news(world, findings);

  expect(of(found, 'import').state).toBe('ok');
  const others = (all: Finding[]) => all.filter(({ check }) => check !== 'import');
  expect(others(found)).toEqual(others(findings));
});

test('a page that is looked at again does not take an older probe for one that was never opened', async () => {
  const world = await createPatient();
  world.google.faults.dropSync = true;
  await examinedInSilence(world);
  world.google.accounts.removeDelegation();
  const findings = await examinedInSilence(world);
  world.advance(120_000);

  expect(of(await news(world, findings), 'sync')).toEqual(of(findings, 'sync'));
});

test('a real deployment’s ports do: nothing of the test’s own is needed to open a probe', async () => {
  const world = await createPatient();
  const parsed = parseConfig(world.env);
  if (!parsed.ok) throw new Error('a bad configuration');
  const { surroundings } = doctorWorld(world);
  const ports = syncPorts(world.env, parsed.config, { ...surroundings, random: () => 0.5 });
  const found = await examined(world, { deployed: { ports, bindings: world.env } });

  expect(states(found, 'channel', 'sync')).toEqual(['ok', 'ok']);
});

test('a check that was cut off before Google granted its probe takes nothing back of what an earlier one found', async () => {
  const world = await createPatient();
  const findings = await examinedInSilence(world);
  expect(of(findings, 'sync').state).toBe('waiting');
  await world.push();
  await world.consume();
  world.advance(1_000);
  const openedMs = world.clock.nowMs;
  const cutOff = { channelId: 'cut-off', resourceId: '', adminEmail: '', openedMs };
  await storeProbe(world.ports.db, { ...cutOff, expiresMs: openedMs + 1_800_000 });
  world.advance(61_000);

  expect(of(await news(world, findings), 'sync').state).toBe('ok');
});
