// Signing in from end to end, as browsers and Google go through it.
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

const ANA = 'ana.moreira@example.test';
let world: World;
beforeEach(async () => {
  world = await createSignInWorld();
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('somebody known is signed in without a click where they are signed in at Google and the app is installed', async () => {
  const visitor = new Visitor(world).atGoogle(ANA);
  const response = await visitor.open('/auth/login?return_to=/welcome?x=1');

  expect(visitor.lastUrl).toBe('https://people.rollcall.example/welcome?x=1');
  expect(response.status).toBe(404);
  expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
});
