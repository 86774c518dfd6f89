// Runs one history: its commands with everything else going on in between, then peace, and what must be true at
// the end.
import { doCommand } from './commands.ts';
import { compareWithGoogle } from './end.ts';
import type { History, WorldName } from './history.ts';
import { isAtRest, makePeace, runQuietly } from './peace.ts';
import { chanceFrom, oneOf } from './random.ts';
import { type Setting, settingOf } from './settings.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

const NO_TOTALS = {
  steps: 0,
  looks: 0,
  tombstones: 0,
  held: 0,
  crashes: 0,
  passes: 0,
  signIns: 0,
  sessions: 0,
  roleChanges: 0,
  conflicts: 0,
  recomputed: 0,
};
export type Totals = typeof NO_TOTALS;
export const noTotals = (): Totals => ({ ...NO_TOTALS });

export interface HistoryResult {
  /** What must never be, and was; `null` = nothing. */
  violation: string | null;
  /** Equal for two runs of one history. */
  trace: number;
  totals: Totals;
}

/** More steps than any history needs: it goes in circles. */
const MAX_STEPS = 40_000;

/** Lets things happen, by chance, until the time is up or so many steps have been taken. */
async function letRun(world: World, limitMs: number, maxSteps: number): Promise<void> {
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

export interface RunOptions {
  /** Told of each command and each gate. */
  onStep?: ((line: string) => void) | undefined;
}

/** Runs one history in a world of its own; the world is left as it ended. */
export async function runHistory(
  stage: Stage,
  name: WorldName,
  history: History,
  { onStep }: RunOptions = {},
): Promise<HistoryResult & { world: World }> {
  const setting = settingOf(name, history.seed);
  const world = await stage.open(history.seed, setting);
  const { witness, scheduler } = world;
  scheduler.onStep = onStep ?? null;
  setting.prepare(world);
  const { pace } = setting;
  for (const command of history.commands) {
    if (witness?.violation) break;
    onStep?.(`== ${command.kind} ${command.who}`);
    doCommand(world, name, command);
    const chance = chanceFrom(command.salt);
    if (setting.isByPushesAlone) await letRun(world, 70_000 + chance.below(50_000), pace.steps);
    else await letRun(world, chance.below(pace.ms), chance.below(pace.steps));
  }
  onStep?.('== peace');
  await rest(world, setting);
  if (witness?.violation === null) compareWithGoogle(world);
  const violation = witness?.violation ?? null;
  return { violation, trace: scheduler.trace, totals: totalsOf(world), world };
}

async function rest(world: World, { isByPushesAlone, lastPasses }: Setting): Promise<void> {
  const { witness, scheduler, workflows } = world;
  // Connections that broke last still belong to the trouble.
  await scheduler.quiet();
  makePeace(world);
  const before = new Set(workflows.instances.keys());
  world.temper.hasCron = !isByPushesAlone;
  world.nextCronMs = Math.max(world.nextCronMs, world.nowMs);
  const passes = () =>
    [...workflows.instances.values()].filter(
      ({ pass, outcome }) => outcome === 'complete' && !before.has(pass.id),
    ).length;
  const isOver = () =>
    isAtRest(world) &&
    // Where pushes alone must do, those that Google repeats count as well.
    (isByPushesAlone ? world.google.pushes.waiting.length === 0 : passes() >= lastPasses);
  if (!(await runQuietly(world, isOver))) witness?.fail('it does not come to rest');
  if (scheduler.steps > MAX_STEPS) witness?.fail('it goes in circles');
  const [failure] = scheduler.failures;
  if (failure === undefined) return;
  witness?.fail(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
}

function totalsOf(world: World): Totals {
  const { counts, scheduler, witness, google } = world;
  const { crashes, passes, signIns, sessions, conflicts } = counts;
  return {
    steps: scheduler.steps,
    looks: google.calls.filter(({ kind }) => kind === 'get').length,
    tombstones: witness?.tombstones ?? 0,
    held: witness?.holds ?? 0,
    crashes,
    passes,
    signIns,
    sessions,
    roleChanges: witness?.roles.changes ?? 0,
    conflicts,
    recomputed: witness?.roles.recomputed ?? 0,
  };
}
