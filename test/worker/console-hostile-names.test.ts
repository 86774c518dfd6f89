// Names, addresses and org units that somebody chose to do harm: on every page of the operators they are text.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  aLetter,
  aPerson,
  hold,
  type OperatorWorld,
  operatorWorld,
  post,
  windowOf,
} from './operators.ts';
import { listenToLog } from './signed-in.ts';
import type { Visitor } from './visitor.ts';

let world: OperatorWorld;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
});

describe('names that somebody chose to do harm', () => {
  test.each([
    ['a script', 'HARM<script>alert(1)</script>'],
    ['an image', 'HARM"><img src=x onerror=alert(1)>'],
    ['quotes', `HARM' " \` & &lt; &#60;`],
    ['the end of its element', 'HARM</bdi></td></table><form action=//evil.example>'],
    ['letters that turn the line around', 'HARM\u202Egnp.exe\u202C\u2067'],
    ['ten thousand letters', `HARM${'x'.repeat(10_000)}`],
    ['a formula', '=HARM+cmd|/c'],
  ])('are text and stand apart: %s', async (_, name) => {
    const fields = { fullName: name, email: `${name}@example.test`, orgUnitPath: `/${name}` };
    await aPerson('990', { ...fields, isAdmin: true });
    await aPerson('991', { ...fields, fullName: '', status: 'suspended' });
    for (const id of ['990', '991']) await hold(id, world.clock.nowMs);
    for (const userId of ['990', '991']) await aLetter({ userId });
    const visitor = await windowOf(world, '990');
    await post(visitor, '/console/passes');
    const ordinary = await windowOf(world, await aPerson('992', { fullName: name }));
    const asked: [Visitor, string][] = [
      [visitor, '/console'],
      [visitor, '/console/held-removals'],
      [visitor, '/setup'],
      [ordinary, '/console'],
      [ordinary, '/setup'],
    ];
    for (const [who, path] of asked) {
      const text = await (await who.ask(path)).text();
      expect(text).toContain('HARM');
      // Outside of <bdi> nothing of it is left.
      expect(text.replace(/<bdi>[^<]*<\/bdi>/g, '')).not.toContain('HARM');
    }
  });
});
