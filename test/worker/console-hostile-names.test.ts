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
import { env } from './world.ts';

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
      [visitor, '/console/activity'],
      [visitor, '/console/activity?of=operators'],
      [visitor, '/console/dead-letters'],
      [visitor, '/console/people'],
      [visitor, '/console/people?status=suspended'],
      [visitor, '/console/people/990'],
      [visitor, '/console/people/991'],
      [visitor, '/setup'],
      [ordinary, '/console'],
      [ordinary, '/setup'],
    ];
    for (const [who, path] of asked) {
      const text = await (await who.ask(path)).text();
      expect(text).toContain('HARM');
      // Outside of <bdi> nothing of it is left, but for what a field or a link holds.
      const left = text.replace(/<bdi>[^<]*<\/bdi>/g, '').replace(/ (?:value|href)="[^"<>]*"/g, '');
      expect(left).not.toContain('HARM');
      expect(text).not.toMatch(/<script>alert|onerror=alert\(1\)>|evil\.example>/);
    }
  });

  test('so is what somebody made up an address of, and what a field, a schema, a reason and an event hold', async () => {
    const harm = 'HARM"><script>alert(1)</script>\u202E';
    await aPerson('990', { isAdmin: true });
    const fields = JSON.stringify({
      [harm]: { [harm]: harm, list: [{ value: harm, type: harm }] },
    });
    await env.DB.prepare('UPDATE users SET custom_schemas = ?1, attributes = ?2 WHERE id = ?3')
      .bind(fields, JSON.stringify({ manager: harm, title: harm, [harm]: harm }), '990')
      .run();
    const visitor = await windowOf(world, '990');
    const decision = { role: 'cook', to: 'added', seen: 'none', reason: harm };
    await post(visitor, '/console/people/990/roles', decision);
    const query = new URLSearchParams({ q: harm, role: harm, org_unit: harm, after: harm });
    for (const path of ['/console/people/990', `/console/people?${query}`]) {
      const text = await (await visitor.ask(path)).text();
      expect(text).toContain('HARM');
      const left = text
        .replace(/<bdi[^>]*>[^<]*<\/bdi>/g, '')
        .replace(/ (?:value|href)="[^"<>]*"/g, '');
      expect(left).not.toContain('HARM');
      expect(text).not.toContain('<script>alert');
    }
  });
});
