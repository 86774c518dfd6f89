// Runs one history: the set-up, its commands with everything else going on in between, then peace, and what must be
// true at the end.
import { doCommand } from './commands.ts';
import { compareWithGoogle } from './end.ts';
import type { History, WorldName } from './history.ts';
import { doDeed } from './people.ts';
import { chanceFrom, oneOf } from './random.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

export interface HistoryResult {
  /** What must never be, and was; `null` = nothing. */
  violation: string | null;
  trace: number;
  totals: Totals;
}

const NO_TOTALS = {
  steps: 0,
  looks: 0,
  tombstones: 0,
  held: 0,
  crashes: 0,
  passes: 0,
  signIns: 0,
  sessions: 0,
};
export type Totals = typeof NO_TOTALS;
export const noTotals = (): Totals => ({ ...NO_TOTALS });

/** More steps than any history needs: it goes in circles. */
const MAX_STEPS = 40_000;
/** Peace has lasted long enough by then: lost passes are declared lost after 10 minutes, rows are young as long. */
const REST_WITHIN_MS = 3 * 3_600_000;
const MAX_ROUNDS = 20_000;

/** Lets things happen, by chance, until the time is up or so many steps have been taken. */
export async function letRun(world: World, limitMs: number, maxSteps: number): Promise<void> {
  const { scheduler, chance, temper, witness } = world;
  const untilMs = world.nowMs + limitMs;
  // What the last command set off, a broken connection for one, is noticed first.
  await scheduler.quiet();
  for (let step = 0; step < maxSteps; step += 1) {
    if (witness?.violation) return;
    if (chance.happens(temper.crashRate)) {
      const alive = scheduler.actors.filter(({ kind }) => kind !== 'careless');
      if (alive.length > 0) world.kill(oneOf(chance, alive));
    }
    const isOpened = (chance.happens(0.3) && world.begin()) || scheduler.openOne();
    if (isOpened || world.begin()) {
      await scheduler.quiet();
      continue;
    }
    const nextMs = world.nextDueMs();
    const isIdle = scheduler.isIdle;
    if (isIdle && nextMs > untilMs) break;
    if (!isIdle && temper.isPrompt) continue;
    // Where somebody stands at a gate, time passes in small pieces, most of them very small.
    const smallMs = world.nowMs + Math.ceil(2 ** (chance.next() * 15));
    const toMs = isIdle ? nextMs : Math.min(smallMs, Math.max(nextMs, world.nowMs + 1));
    if (toMs > untilMs) break;
    scheduler.clock.nowMs = Math.max(world.nowMs, toMs);
  }
  scheduler.clock.nowMs = Math.max(scheduler.clock.nowMs, untilMs);
}

/** Everything goes its way without trouble, until `isOver`; false where that takes too long. */
export async function runQuietly(
  world: World,
  isOver: () => boolean,
  limitMs = REST_WITHIN_MS,
): Promise<boolean> {
  const { scheduler, witness } = world;
  const untilMs = world.nowMs + limitMs;
  scheduler.isFast = world.canBeFast;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (witness?.violation) return true;
    let isMoving = world.begin();
    await scheduler.quiet();
    while (scheduler.openAll()) {
      isMoving = true;
      await scheduler.quiet();
    }
    if (isMoving) continue;
    if (isOver()) return true;
    const nextMs = world.nextDueMs();
    if (nextMs > untilMs) return false;
    scheduler.clock.nowMs = Math.max(world.nowMs, nextMs);
  }
  return false;
}

/** Nothing is wrong any more, and whoever is still alive may finish. */
export function makePeace(world: World): void {
  const { temper, queue, kv, workflows, border, google } = world;
  Object.assign(temper, { crashRate: 0, slowRate: 0, cronNoise: 0, overlapRate: 0 });
  Object.assign(queue.temper, { refusals: 0, doubleRate: 0, lateRate: 0, wornRate: 0 });
  Object.assign(kv.temper, { staleRate: 0, failRate: 0 });
  Object.assign(workflows.temper, { cutRate: 0, zombieRate: 0 });
  border.temper.cutRate = 0;
  world.d1Temper.failures = 0;
  google.faults.reset();
}

const isAtRest = (world: World) =>
  world.scheduler.actors.length === 0 && world.queue.stored.length === 0;

/** People, channels, a first import; all before anything goes wrong. */
async function settleIn(world: World, people: number, isImported: boolean): Promise<void> {
  const { google, chance } = world;
  google.workspace.silently(() => {
    for (let i = 0; i < people; i += 1) doDeed(google, 'add', 0, i + chance.below(2));
  });
  if (!isImported) return;
  const untilMs = world.nowMs + 11 * 60_000;
  const { complete } = world.counts;
  world.nextCronMs = world.nowMs;
  await runQuietly(world, () => world.counts.complete > complete && isAtRest(world));
  world.scheduler.isFast = false;
  // Most rows are no longer young when trouble begins.
  if (chance.happens(0.7)) world.scheduler.clock.nowMs = untilMs;
  world.nextCronMs = untilMs + chance.below(5 * 60_000);
}

interface Setting {
  vars: Record<string, string>;
  people: number;
  isImported: boolean;
  prepare: (world: World) => void;
}

function settingOf(name: WorldName, seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  if (name === 'general') {
    const guard = chance.happens(0.5) ? { DELETE_GUARD_COUNT: String(1 + chance.below(2)) } : {};
    const domain = chance.happens(0.15) ? { GOOGLE_DOMAIN: 'example.test' } : {};
    const events = chance.happens(0.2) ? { CHANNEL_EVENTS: 'update,delete' } : {};
    return {
      vars: { ...guard, ...domain, ...events },
      people: 1 + chance.below(4),
      isImported: chance.happens(0.75),
      prepare: (world) => {
        Object.assign(world.temper, {
          crashRate: chance.happens(0.5) ? 0.01 : 0,
          slowRate: chance.happens(0.6) ? 0.2 : 0,
          cronNoise: 0.3,
          overlapRate: chance.happens(0.3) ? 0.2 : 0,
        });
        Object.assign(world.queue.temper, { doubleRate: 0.1, lateRate: 0.1, wornRate: 0.01 });
        world.kv.temper.staleRate = 0.3;
        Object.assign(world.workflows.temper, { cutRate: 0.3, zombieRate: 0.05 });
        world.google.faults.dropPushes = chance.happens(0.5) ? 0.3 : 0;
        world.google.faults.reorderPushes = 0.2;
      },
    };
  }
  if (name === 'there-and-back') {
    return {
      vars: {},
      people: 1,
      isImported: true,
      prepare: (world) => {
        Object.assign(world.temper, { slowRate: 0.4, overlapRate: 0.3, hasCron: false });
        world.google.faults.dropPushes = 1;
      },
    };
  }
  return {
    vars: {},
    people: 2,
    isImported: true,
    prepare: (world) => {
      Object.assign(world.temper, { hasCron: false, isPrompt: true, overlapRate: 0.1 });
      Object.assign(world.queue.temper, { doubleRate: 0.1 });
      world.google.faults.retryUnreachable = true;
      world.google.faults.getLagMs = chance.happens(0.6) ? 1 + chance.below(25_000) : 0;
    },
  };
}

/** In a world without passes pushes alone must do: nothing is lost, and nobody changes twice within a minute. */
const SETTLES_BY_ITSELF: ReadonlySet<WorldName> = new Set(['pushes-alone']);

export async function runHistory(
  stage: Stage,
  name: WorldName,
  history: History,
  options: { hasFastRest?: boolean; onStep?: (line: string) => void } = {},
): Promise<HistoryResult & { world: World }> {
  const { vars, people, isImported, prepare } = settingOf(name, history.seed);
  const world = await stage.open(history.seed, vars);
  const { witness, scheduler } = world;
  world.canBeFast = options.hasFastRest ?? true;
  scheduler.onStep = options.onStep ?? null;
  await settleIn(world, people, isImported);
  prepare(world);
  for (const command of history.commands) {
    if (witness?.violation) break;
    options.onStep?.(`== ${command.kind} ${command.who}`);
    doCommand(world, name, command);
    const chance = chanceFrom(command.salt);
    if (SETTLES_BY_ITSELF.has(name)) {
      await letRun(world, 70_000 + chance.below(50_000), 600);
    } else await letRun(world, chance.below(2_000), chance.below(60));
  }
  makePeace(world);
  options.onStep?.('== peace');
  const done = world.counts.complete;
  if (!SETTLES_BY_ITSELF.has(name)) {
    world.temper.hasCron = true;
    world.nextCronMs = Math.max(world.nextCronMs, world.nowMs);
  }
  const passes = SETTLES_BY_ITSELF.has(name) ? 0 : 3;
  // Where pushes alone must do, those that Google repeats count as well.
  const isOver = () =>
    world.counts.complete >= done + passes &&
    isAtRest(world) &&
    (passes > 0 || world.google.pushes.waiting.length === 0);
  const hasRested = await runQuietly(world, isOver);
  if (!hasRested) witness?.fail('it does not come to rest');
  if (scheduler.steps > MAX_STEPS) witness?.fail('it goes in circles');
  const [failure] = scheduler.failures;
  if (failure !== undefined) {
    witness?.fail(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
  }
  if (witness && witness.violation === null) compareWithGoogle(world, name);
  return {
    violation: witness?.violation ?? null,
    trace: scheduler.trace,
    totals: totalsOf(world),
    world,
  };
}

function totalsOf(world: World): Totals {
  const { counts, scheduler, witness, google } = world;
  const { crashes, passes, signIns, sessions } = counts;
  return {
    steps: scheduler.steps,
    looks: google.calls.filter(({ kind }) => kind === 'get').length,
    tombstones: witness?.tombstones ?? 0,
    held: witness?.holds ?? 0,
    crashes,
    passes,
    signIns,
    sessions,
  };
}
