// The whole way once, as a browser, Google and cron go through it: from the button on the page to the end of the session.
import { expect, test } from 'vitest';
import { runSchedule } from '../../src/sync/schedule.ts';
import { ANA, idOf, SESSION } from './signed-in.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';

const BUTTON = /<a [^>]*href="(\/auth\/login[^"]*)"/;

test('security 3: from the button to Google and back, and out with the push that tells of a suspension', async () => {
  const world = await createSignInWorld();
  // Cron opens the channels on which Google pushes.
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await world.settle();
  const visitor = new Visitor(world).atGoogle(ANA);
  const home = async () => (await visitor.ask('/')).text();
  const [, login = ''] = BUTTON.exec(await home()) ?? [];
  expect(login).toBe('/auth/login');

  visitor.trail.length = 0;
  const response = await visitor.open(`${login}?return_to=/?x=1`);
  const way = visitor.trail
    .map((url) => new URL(url))
    .map(({ origin, pathname }) => origin + pathname);
  expect(way).toEqual([
    `${APP}/auth/login`,
    'https://accounts.google.com/o/oauth2/v2/auth',
    `${APP}/auth/callback`,
    `${APP}/`,
  ]);
  expect([response.status, visitor.lastUrl]).toEqual([200, `${APP}/?x=1`]);
  expect(await response.text()).toContain(ANA);
  expect(await visitor.session()).toMatchObject({ user: { id: idOf(world, ANA), email: ANA } });

  world.google.workspace.suspend(ANA);
  expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
  expect(await world.push()).toContain(204);
  await world.consume();
  expect(visitor.cookies.has(SESSION)).toBe(true);
  expect(await visitor.session()).toBe(401);
  expect(await home()).toMatch(BUTTON);
});
