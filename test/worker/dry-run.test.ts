// A dry run: what a pass would find, as a page, with nothing written but that it was asked for. What it says is held against
// what a pass then does.
import { beforeEach, describe, expect, test } from 'vitest';
import { dryRun } from '../../src/sync/dry-run.ts';
import {
  actionRows,
  aPerson,
  everything,
  expectGuarded,
  type OperatorWorld,
  operated,
  operatorWorld,
  post,
  windowAt,
} from './operators.ts';
import { companyOf, passAndSettle } from './removals.ts';
import { ADMIN, ANA, idOf, type Line, listenToLog, NOOR } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env } from './world.ts';

const PATH = '/console/passes/dry-run';
let lines: Line[];
beforeEach(() => {
  lines = listenToLog();
});

/** What is kept of people and for them: all but the word that it was asked for. */
async function kept(world: OperatorWorld): Promise<unknown> {
  const all = (await everything(world)) as { rows: Record<string, unknown> };
  const { operator_actions: _, ...rows } = all.rows;
  const directories = (await env.DB.prepare('SELECT * FROM directories').all()).results;
  return { ...all, rows, directories };
}

/** Presses the button; nothing is changed by it. */
async function tried(world: OperatorWorld, admin: Visitor): Promise<string> {
  const before = await kept(world);
  const response = await post(admin, PATH);
  expect(response.status).toBe(200);
  expectGuarded(response);
  expect(await kept(world)).toEqual(before);
  return response.text();
}

describe('the page', () => {
  let world: OperatorWorld;
  let admin: Visitor;
  beforeEach(async () => {
    world = await operatorWorld();
    admin = await windowAt(world, ADMIN);
  });

  test('where nothing would change it says so, and a pass finds nothing', async () => {
    const text = await tried(world, admin);
    expect(text).toContain('Nothing would change');
    expect(text).toMatch(/\d+ people on Google’s list, read in \d calls?\./);
    const [action] = await actionRows();
    expect(action).toMatchObject({ action: 'pass.dry-run', outcome: 'compared' });
    expect(JSON.parse(action?.result ?? '')).toMatchObject({
      unknown: 0,
      different: 0,
      missing: 0,
    });
  });

  test('who is unknown, who differs and how, who is missing: as a pass then finds them', async () => {
    const { workspace } = world.google;
    const noor = idOf(world, NOOR);
    workspace.silently(() => {
      workspace.suspend(ANA);
      workspace.update(NOOR, { orgUnitPath: '/Moved' });
      workspace.add({
        primaryEmail: 'new.face@example.test',
        givenName: 'New',
        familyName: 'Face',
      });
    });
    await aPerson('990001', { fullName: 'Long Gone' });
    const text = await tried(world, admin);
    expect(text).toContain('Unknown here: 1');
    expect(text).toContain('<bdi>New Face</bdi>');
    expect(text).toContain('Different: 2');
    expect(text).toContain(`<a href="/console/people/${noor}">`);
    expect(text).toMatch(/<bdi>active<\/bdi>.{0,60}<bdi>suspended<\/bdi>/);
    expect(text).toContain('<bdi>/Moved</bdi>');
    expect(text).toContain('Missing: 1');
    expect(text).toContain('<bdi>Long Gone</bdi>');
    const result = JSON.parse((await actionRows())[0]?.result ?? '');
    expect(result).toMatchObject({ unknown: 1, different: 2, missing: 1 });
    // The record and the log know numbers only.
    expect(JSON.stringify([await actionRows(), lines])).not.toMatch(/@|Face|Moved/);

    world.advance(15 * 60_000);
    await passAndSettle(world);
    expect((await world.user(idOf(world, ANA)))?.status).toBe('suspended');
    expect((await world.user(noor))?.orgUnitPath).toBe('/Moved');
    expect(await tried(world, admin)).not.toMatch(/Unknown here|Different/);
  });

  test.each<[what: string, break_: (world: OperatorWorld) => void, code: string, remedy: string]>([
    [
      'an answer without people',
      ({ google }) => {
        google.faults.listWithoutUsers = true;
      },
      'list-without-users',
      'Google answered a list without its users',
    ],
    [
      'a privilege that is missing',
      ({ google }) => google.faults.failNext('list', '403 forbidden', 9),
      'forbidden',
      'lacks the Users &gt; Read privilege',
    ],
  ])('%s concludes nothing, and says what to do', async (_, breakIt, code, remedy) => {
    breakIt(world);
    await aPerson('990001', { fullName: 'Long Gone' });
    const text = await tried(world, admin);
    expect(text).toContain('nothing is concluded');
    expect(text).toContain(`<code>${code}</code>`);
    expect(text).toContain(remedy);
    expect(text).not.toContain('Long Gone');
    expect((await actionRows())[0]?.outcome).toBe(`failed:${code}`);
  });
});

describe('a company of 1,200', () => {
  const company = async () => operated(await companyOf(1_200));
  const withCalls = ({ ports }: OperatorWorld, googleCallsPerPass: number) => ({
    ...ports,
    config: { ...ports.config, googleCallsPerPass },
  });

  test('more missing than the guard lets go would be held, as a pass holds them', async () => {
    const world = await company();
    const ids = Array.from({ length: 130 }, (_, i) => `88000${String(i).padStart(4, '0')}`);
    for (const id of ids) await aPerson(id, { fullName: `Gone ${id}` });
    const before = await kept(world);
    const result = await dryRun(world.ports, 'default');
    expect(await kept(world)).toEqual(before);
    if (result.kind !== 'compared') throw new Error(result.code);
    expect(result).toMatchObject({ isWhole: true, seen: 1_201, unreadable: 0 });
    expect(result.missing).toMatchObject({ count: 130, isHeld: true });
    expect(result.missing?.people).toHaveLength(100);
    await passAndSettle(world);
    const held = await env.DB.prepare('SELECT count(*) AS n FROM held_removals').first<{
      n: number;
    }>();
    expect(held?.n).toBe(130);
  });

  test.each([
    [1, 500],
    [2, 1_000],
    [3, 1_201],
  ])('%i calls suffice for %i people, and it says for whom', async (calls, seen) => {
    const world = await company();
    await aPerson('880000001');
    // The token is there already.
    const result = await dryRun(withCalls(world, calls), 'default');
    const isWhole = seen === 1_201;
    expect(result).toMatchObject({ kind: 'compared', isWhole, seen, calls });
    if (result.kind !== 'compared') throw new Error(result.code);
    expect(result.missing?.count ?? null).toBe(isWhole ? 1 : null);
  });

  test.each([1, 2])('a list that fails after page %i concludes nothing', async (pages) => {
    const world = await company();
    world.google.faults.listCutAfterPages = pages;
    world.google.workspace.silently(() => world.google.workspace.suspend('person1@example.test'));
    expect(await dryRun(world.ports, 'default')).toMatchObject({
      kind: 'failed',
      code: 'backendError',
    });
  });

  test('a list of another customer concludes nothing', async () => {
    const world = await company();
    await env.DB.exec("UPDATE directories SET customer_id = 'C0another'");
    expect(await dryRun(world.ports, 'default')).toMatchObject({
      kind: 'failed',
      code: 'answer-mismatch',
    });
  });

  test('a hundred of a kind are named at most, and all are counted', async () => {
    const world = await company();
    world.google.workspace.addMany(250, { prefix: 'later', push: false });
    const result = await dryRun(world.ports, 'default');
    if (result.kind !== 'compared') throw new Error(result.code);
    expect([result.unknown.count, result.unknown.people.length]).toEqual([250, 100]);
  });
});
