// APP_SECRET is rotated while channels live: with PREVIOUS nothing is lost, without it cron repairs at once.
import { beforeEach, describe, expect, test } from 'vitest';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import { channelKeys } from '../../src/sync/channel-token.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, env, reopenWorld, type World, type WorldOptions } from './world.ts';

const MINUTE = 60_000;
const FIRST = 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0oI';
const SECOND = 'Zp0oI9uY8tR7eW6qA5sD4fG3hJ2kL1zX';
const THIRD = 'mN7bV2cX9zL4kJ6hG1fD8sA3qW5eR0tY';

const cron = (world: World) => runSchedule(world.ports, async () => {}, world.clock.nowMs);

/** The same Google, storage and clock under other secrets. */
const redeploy = (world: World, vars: NonNullable<WorldOptions['vars']>) =>
  reopenWorld({ google: world.google, clock: world.clock, vars });

const liveIds = (world: World) => world.google.workspace.channels.map(({ id }) => id).toSorted();

/** The answers to the pushes that one change of somebody brings. */
function pushesOfAChange(world: World): Promise<number[]> {
  const { workspace } = world.google;
  workspace.update('admin@example.test', { orgUnitPath: `/${crypto.randomUUID()}` });
  return world.push();
}

async function keyIdsInKv(): Promise<unknown[]> {
  const { keys } = await env.CHANNELS.list({ prefix: 'channel:default:' });
  const records = await Promise.all(
    keys.map(({ name }) => env.CHANNELS.get<{ keyId: string }>(name, 'json')),
  );
  return [...new Set(records.map((record) => record?.keyId))];
}

let world: World;
beforeEach(async () => {
  world = await createWorld({ seed: false, vars: { APP_SECRET: FIRST } });
  await cron(world);
  await world.settle();
});

test('channels for another domain are replaced at once, though their tokens still hold', async () => {
  const narrowed = await redeploy(world, { APP_SECRET: FIRST, GOOGLE_DOMAIN: 'example.test' });
  await cron(narrowed);
  const domains = world.google.workspace.channels.map(({ domain }) => domain);
  expect(domains.filter((domain) => domain === 'example.test')).toHaveLength(CHANNEL_EVENTS.length);
});

describe('security 7: with APP_SECRET_PREVIOUS', () => {
  test('channels of the old secret are accepted and left alone', async () => {
    const before = liveIds(world);
    const rotated = await redeploy(world, { APP_SECRET: SECOND, APP_SECRET_PREVIOUS: FIRST });
    expect(await pushesOfAChange(rotated)).toEqual([204]);
    rotated.advance(5 * MINUTE);
    await cron(rotated);
    expect(liveIds(world)).toEqual(before);
  });

  test('they are renewed when they are due, under the new secret, without a gap', async () => {
    const rotated = await redeploy(world, { APP_SECRET: SECOND, APP_SECRET_PREVIOUS: FIRST });
    for (let minute = 5; minute <= 345; minute += 5) {
      rotated.advance(5 * MINUTE);
      await cron(rotated);
      expect(new Set(world.google.workspace.channels.map(({ event }) => event)).size).toBe(5);
      await rotated.push();
      await rotated.consume();
    }
    const { current } = await channelKeys(rotated.config);
    expect(await keyIdsInKv()).toEqual([current.id]);
    // Now the old secret may go: nothing of it is left.
    const before = liveIds(world);
    const clean = await redeploy(world, { APP_SECRET: SECOND });
    expect(await pushesOfAChange(clean)).toEqual([204]);
    clean.advance(5 * MINUTE);
    await cron(clean);
    expect(liveIds(world)).toEqual(before);
  }, 60_000);
});

describe('security 7: without it', () => {
  test('old channels are refused, and cron replaces them at once', async () => {
    const before = liveIds(world);
    const rotated = await redeploy(world, { APP_SECRET: SECOND });
    expect(await pushesOfAChange(rotated)).toEqual([401]);
    await cron(rotated);
    expect(liveIds(world)).toHaveLength(10);
    expect((await pushesOfAChange(rotated)).toSorted()).toEqual([
      204, 204, 204, 204, 204, 204, 401,
    ]);
    await rotated.consume();
    rotated.advance(5 * MINUTE);
    await cron(rotated);
    expect(liveIds(world)).toHaveLength(CHANNEL_EVENTS.length);
    expect(liveIds(world).filter((id) => before.includes(id))).toEqual([]);
    expect(await pushesOfAChange(rotated)).toEqual([204]);
  });

  test('people are not said to be in step while no channel is accepted', async () => {
    const rotated = await redeploy(world, { APP_SECRET: SECOND });
    const covered = async () =>
      (
        await env.DB.prepare('SELECT channels_until_ms AS ms FROM directories').first<{
          ms: number | null;
        }>()
      )?.ms;
    expect(await covered()).toBeGreaterThan(rotated.clock.nowMs);
    await cron(rotated);
    expect(await covered()).toBeNull();
    await rotated.push();
    await rotated.consume();
    expect(await covered()).toBeGreaterThan(rotated.clock.nowMs);
  });
});

test('rotated twice, only channels of the last two secrets are accepted; the others are replaced', async () => {
  // Two of the five are of the second secret, three of the first.
  const half = await redeploy(world, { APP_SECRET: FIRST, CHANNEL_EVENTS: 'add,delete,makeAdmin' });
  await cron(half);
  const second = await redeploy(world, { APP_SECRET: SECOND, APP_SECRET_PREVIOUS: FIRST });
  await cron(second);
  await second.settle();
  const ofSecond = world.google.workspace.channels
    .filter(({ event }) => event === 'update' || event === 'undelete')
    .map(({ id }) => id);
  const third = await redeploy(world, { APP_SECRET: THIRD, APP_SECRET_PREVIOUS: SECOND });
  expect(await pushesOfAChange(third)).toEqual([204]);
  world.google.workspace.makeAdmin('admin@example.test', true);
  expect(await third.push()).toEqual([401]);
  await cron(third);
  await third.settle();
  third.advance(5 * MINUTE);
  await cron(third);
  const live = liveIds(world);
  expect(live).toHaveLength(5);
  expect(live).toEqual(expect.arrayContaining(ofSecond));
  world.google.workspace.makeAdmin('admin@example.test', true);
  expect(await third.push()).toEqual([204]);
});
