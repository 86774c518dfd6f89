// The set-up link: who can use it, how often, and what of it is left behind.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actionsTaken,
  everything,
  expectGuarded,
  type OperatorWorld,
  OURS,
  operatorWorld,
  post,
  SETUP_COOKIE,
} from './operators.ts';
import { LINK_TTL_MS, newToken, pathOf, press, statusOf, visitBy } from './setup-links.ts';
import { listenToLog, rows } from './signed-in.ts';
import { APP, setCookies, Visitor } from './visitor.ts';

const PREVIOUS = 'pV7wY2zB5nM8kL1jH4gF6dS9aQ0eR3tU';

let world: OperatorWorld;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld({ import: false, vars: { APP_SECRET_PREVIOUS: PREVIOUS } });
});

/** What is read by whoever comes with a link that opens nothing. */
async function expectOver(response: Response): Promise<string> {
  expect(response.status).toBe(403);
  expect(setCookies(response)).toEqual([]);
  expectGuarded(response, 'strict-origin');
  const text = await response.text();
  expect(text).toContain('This link is no longer good');
  return text;
}

test('a link shows a button, the button leads to a clean address, and that shows the set-up', async () => {
  const token = await newToken(world);
  const visitor = new Visitor(world);
  const page = await visitor.ask(pathOf(token));
  expect(page.status).toBe(200);
  expectGuarded(page, 'strict-origin');
  const response = await press(world, token, visitor);
  expect([response.status, response.headers.get('location')]).toEqual([303, `${APP}/setup`]);
  expectGuarded(response, 'strict-origin');
  const setup = await visitor.open('/setup');
  expect([setup.status, visitor.lastUrl]).toEqual([200, `${APP}/setup`]);
  expect(await setup.text()).toContain('Check everything');
  expect(await actionsTaken()).toEqual([['setup-link', 'setup.open', 'opened']]);
});

describe('security 6: a set-up link is good for an hour', () => {
  test('at 59:59 it opens, at 60:00 it does not', async () => {
    const [first, second] = [await newToken(world), await newToken(world)];
    world.advance(LINK_TTL_MS - 1_000);
    expect(await statusOf(new Visitor(world), pathOf(first))).toBe(200);
    expect((await press(world, first)).status).toBe(303);
    world.advance(1_000);
    await expectOver(await new Visitor(world).ask(pathOf(second)));
    await expectOver(await press(world, second));
  });

  test('a terminal’s clock may run five minutes ahead, and no more', async () => {
    const madeMs = world.clock.nowMs + 5 * 60_000;
    expect((await press(world, await newToken(world, { madeMs }))).status).toBe(303);
    const later = await newToken(world, { madeMs: madeMs + 1 });
    await expectOver(await new Visitor(world).ask(pathOf(later)));
    await expectOver(await press(world, later));
  });

  test('one that was used stays used as long as it would be good', async () => {
    const token = await newToken(world, { madeMs: world.clock.nowMs + 5 * 60_000 });
    await visitBy(world, token);
    for (let minutes = 0; minutes < 65; minutes += 5) {
      await expectOver(await press(world, token));
      world.advance(5 * 60_000);
    }
  });
});

describe('security 6: a set-up link opens once', () => {
  test('the second who presses gets nothing, and the first stays in', async () => {
    const token = await newToken(world);
    const first = await visitBy(world, token);
    await expectOver(await press(world, token));
    await expectOver(await press(world, token, first));
    expect(await statusOf(first)).toBe(200);
    expect(await rows('setup_visits')).toHaveLength(1);
  });

  test('of many at the same moment exactly one gets in', async () => {
    const token = await newToken(world);
    const visitors = Array.from({ length: 6 }, () => new Visitor(world));
    const responses = await Promise.all(visitors.map((one) => press(world, token, one)));
    const statuses = responses.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([303, 403, 403, 403, 403, 403]);
    const inside = await Promise.all(visitors.map((one) => statusOf(one)));
    expect(inside.filter((status) => status === 200)).toHaveLength(1);
    expect(inside[statuses.indexOf(303)]).toBe(200);
  });

  test('a program that fetches it uses nothing up', async () => {
    const token = await newToken(world);
    const before = await everything(world);
    for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'OPTIONS', 'PUT']) {
      const response = await new Visitor(world).ask(pathOf(token), { method, headers: OURS });
      expect(setCookies(response)).toEqual([]);
    }
    expect(await everything(world)).toEqual(before);
    expect((await press(world, token)).status).toBe(303);
  });
});

describe('security 6: only a link of ours', () => {
  const reversed = (text: string) => [...text].reverse().join('');
  /** Another letter of the alphabet that a pattern takes in this place. */
  const other = (text: string, at: number, letters: string) =>
    text.slice(0, at) +
    [...letters].find((letter) => letter !== text.at(at)) +
    (at === -1 ? '' : text.slice(at + 1));
  const parts = (token: string) => token.split('.') as [string, string, string, string];

  const forgeries: [what: string, forge: (token: string) => string | Promise<string>][] = [
    ['made with APP_SECRET_PREVIOUS', () => newToken(world, { appSecret: PREVIOUS })],
    [
      'made with a secret that is nearly ours',
      () => newToken(world, { appSecret: `${world.config.appSecret} ` }),
    ],
    ['for another origin', () => newToken(world, { origin: 'https://people2.rollcall.example' })],
    ['for our host over http', () => newToken(world, { origin: APP.replace('https', 'http') })],
    ['of another version', (token) => token.replace(/^s1/, 's2')],
    ['with another time', (token) => other(token, 10, '0123456789')],
    [
      'younger than it was made',
      (token) => {
        const [version, , nonce, mac] = parts(token);
        return [version, (world.clock.nowMs + 1).toString(36), nonce, mac].join('.');
      },
    ],
    ['with another nonce', (token) => other(token, token.indexOf('.', 3) + 1, 'ab')],
    ['with another mac', (token) => other(token, token.lastIndexOf('.') + 1, 'ab')],
    ['with the mac’s last letter altered', (token) => other(token, -1, 'AEI')],
    [
      'with a spelling that decodes to the same mac',
      (token) => {
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1];
      },
    ],
    ['with padding', (token) => `${token}=`],
    [
      'with fields changed about',
      (token) => {
        const [version, made, nonce, mac] = parts(token);
        return [version, made, mac, nonce].join('.');
      },
    ],
    ['with a boundary shifted', (token) => token.replace(/^s1\.(.)/, 's1$1.')],
    [
      'with the mac of another link',
      async (token) => {
        const [version, made, nonce] = parts(token);
        return [version, made, nonce, parts(await newToken(world))[3]].join('.');
      },
    ],
    ['backwards', reversed],
    ['with a space at its end', (token) => `${token} `],
    ['with a line more', (token) => `${token}\n`],
    ['in upper case', (token) => token.toUpperCase()],
    ['empty', () => ''],
    ['very long', (token) => token + 'A'.repeat(3_000)],
    ['markup', () => '"><script>alert(1)</script>'],
  ];

  test.each(forgeries)('not one %s', async (_, forge) => {
    const token = await newToken(world);
    const forged = await forge(token);
    expect(forged).not.toBe(token);
    await expectOver(await new Visitor(world).ask(pathOf(forged)));
    await expectOver(await press(world, forged));
    expect([await rows('setup_visits'), await actionsTaken()]).toEqual([[], []]);
    expect((await press(world, token)).status).toBe(303);
  });

  test('forged, used up, too old: the same words, so nobody learns which', async () => {
    const [used, old] = [await newToken(world), await newToken(world)];
    await visitBy(world, used);
    const said = [
      await expectOver(await press(world, used)),
      await expectOver(await press(world, `${used}A`)),
    ];
    world.advance(LINK_TTL_MS);
    said.push(await expectOver(await press(world, old)));
    said.push(await expectOver(await new Visitor(world).ask(pathOf(old))));
    expect(new Set(said).size).toBe(1);
  });

  const FORM = 'application/x-www-form-urlencoded';
  const bodies: [what: string, body: (token: string) => BodyInit, type: string | null][] = [
    ['JSON', (token) => JSON.stringify({ link: token }), 'application/json'],
    ['plain text', (token) => `link=${token}`, 'text/plain'],
    ['no type', (token) => new TextEncoder().encode(`link=${token}`), null],
    ['a broken multipart', () => 'nonsense', 'multipart/form-data'],
    ['a multipart without its end', () => '--x\r\nContent-D', 'multipart/form-data; boundary=x'],
    ['more than 4 KiB', (token) => `link=${token}&more=${'x'.repeat(4_096)}`, FORM],
    ['nothing', () => '', FORM],
  ];
  test.each(bodies)('not in a body that is %s', async (_, body, type) => {
    const token = await newToken(world);
    const headers = { ...OURS, ...(type === null ? {} : { 'content-type': type }) };
    const init = { method: 'POST', headers, body: body(token) };
    await expectOver(await new Visitor(world).ask('/setup/open', init));
    expect((await press(world, token)).status).toBe(303);
  });

  test('not as a file, nor in the address of a post', async () => {
    const token = await newToken(world);
    const body = new FormData();
    body.set('link', new File([token], token));
    const visitor = new Visitor(world);
    await expectOver(await visitor.ask('/setup/open', { method: 'POST', headers: OURS, body }));
    await expectOver(await post(visitor, pathOf(token)));
    expect((await press(world, token)).status).toBe(303);
  });

  test('not beyond the limit of one network, and the link stays good', async () => {
    const token = await newToken(world);
    const { LOGIN_LIMIT } = world.env;
    const keys: string[] = [];
    world.env.LOGIN_LIMIT = {
      limit: async ({ key }: { key: string }) => {
        keys.push(key);
        return { success: false };
      },
    };
    const visitor = new Visitor(world);
    visitor.address = '203.0.113.7';
    const response = await press(world, token, visitor);
    expect([response.status, setCookies(response), keys]).toEqual([
      429,
      [],
      ['setup-link 203.0.113.7'],
    ]);
    expectGuarded(response, 'strict-origin');
    world.env.LOGIN_LIMIT = LOGIN_LIMIT;
    expect((await press(world, token, visitor)).status).toBe(303);
  });
});

describe('security 6 and 7: where a link’s token is not', () => {
  test('on its page it is in the form, and no address carries it on', async () => {
    const token = await newToken(world);
    const text = await (await new Visitor(world).ask(pathOf(token))).text();
    expect(text.split(token)).toHaveLength(2);
    expect(text).toContain(`<input type="hidden" name="link" value="${token}"/>`);
    const leads = [...text.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, to]) => to ?? '');
    expect(leads).toContain('/setup/open');
    for (const to of leads) expect(to).toMatch(/^(\/(?!\/)|#|data:,$)/);
  });

  test('neither it nor the visit’s cookie is in the database or the log', async () => {
    const lines = listenToLog();
    const token = await newToken(world);
    const visitor = new Visitor(world);
    await visitor.ask(pathOf(token));
    await press(world, token, visitor);
    await press(world, token);
    await press(world, `${token}A`);
    await visitor.ask('/setup');
    const [, , nonce = '', mac = ''] = token.split('.');
    const cookie = visitor.cookies.get(SETUP_COOKIE)?.value ?? '';
    expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const kept = JSON.stringify([await everything(world), lines]);
    for (const secret of [nonce, mac, cookie]) expect(kept).not.toContain(secret);
    const [visit] = await rows('setup_visits');
    expect(visit).toMatchObject({
      link_hash: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      visit_hash: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
    expect(lines.map(({ event }) => event)).toContain('operator.acted');
  });
});
