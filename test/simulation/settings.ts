// What is different between the worlds, and, by its seed, between two histories of one world.
import type { WorldName } from './history.ts';
import { chanceFrom, oneOf } from './random.ts';
import { GROUPS } from './role-commands.ts';
import type { World } from './world.ts';

export interface Setting {
  /** Vars that differ from the usual ones. */
  vars: Record<string, string>;
  people: number;
  /** The first pass and the first channels are behind us. */
  isImported: boolean;
  /** Most rows are no longer young. */
  isSettled: boolean;
  /** What goes wrong from now on. */
  prepare: (world: World) => void;
  /** How much may happen after each command, at most. */
  pace: { ms: number; steps: number };
  /**
   * Pushes alone must do: nothing is lost for good, nobody changes twice within a minute, work is done at once, and
   * no pass helps. More is not promised: a look that finds an older change ends the hint of a newer one.
   */
  isByPushesAlone: boolean;
  /** Passes that have to complete in peace before the table is compared with the directory. */
  lastPasses: number;
}

const LAST_PASSES = 2;

function general(seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  const guard = chance.happens(0.5) ? { DELETE_GUARD_COUNT: String(1 + chance.below(2)) } : {};
  const domain = chance.happens(0.15) ? { GOOGLE_DOMAIN: 'example.test' } : {};
  const events = chance.happens(0.2) ? { CHANNEL_EVENTS: 'update,delete' } : {};
  return {
    vars: { ...guard, ...domain, ...events },
    people: 1 + chance.below(4),
    isImported: chance.happens(0.75),
    isSettled: chance.happens(0.7),
    pace: { ms: 6_000, steps: 80 },
    isByPushesAlone: false,
    lastPasses: LAST_PASSES,
    prepare: (world) => {
      Object.assign(world.temper, {
        crashRate: chance.happens(0.5) ? 0.01 : 0,
        stallRate: chance.happens(0.7) ? 0.3 : 0,
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

/** One person, two states, no pushes but replayed ones; looks that stall while a pass goes by. */
function thereAndBack(seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  return {
    vars: {},
    people: 1,
    isImported: chance.happens(0.7),
    isSettled: true,
    pace: { ms: 20_000, steps: 90 },
    isByPushesAlone: false,
    lastPasses: LAST_PASSES,
    prepare: (world) => {
      const stalls = { stallRate: 0.4, stallAtWrite: 0.8 };
      Object.assign(world.temper, { ...stalls, overlapRate: 1, hasCron: false });
      world.google.faults.dropPushes = 1;
    },
  };
}

function pushesAlone(seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  return {
    vars: {},
    people: 2,
    isImported: true,
    isSettled: chance.happens(0.7),
    pace: { ms: 120_000, steps: 600 },
    isByPushesAlone: true,
    lastPasses: LAST_PASSES,
    prepare: (world) => {
      Object.assign(world.temper, {
        hasCron: false,
        isPrompt: true,
        overlapRate: 0.1,
        crashRate: 0.002,
      });
      Object.assign(world.queue.temper, { doubleRate: 0.1 });
      world.google.faults.retryUnreachable = true;
      world.google.faults.getLagMs = chance.happens(0.6) ? 1 + chance.below(25_000) : 0;
    },
  };
}

/** A guard that holds the second or third removal of a day, and an operator. */
function held(seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  return {
    vars: { DELETE_GUARD_COUNT: String(chance.below(3)) },
    people: 4,
    isImported: true,
    isSettled: true,
    pace: { ms: 40_000, steps: 120 },
    isByPushesAlone: false,
    lastPasses: LAST_PASSES,
    prepare: (world) => {
      Object.assign(world.temper, { stallRate: 0.2, crashRate: 0.002 });
      world.google.faults.dropPushes = chance.happens(0.5) ? 0.5 : 0;
    },
  };
}

/**
 * Rules, decisions by hand and groups; readings of groups that take several passes, and recomputes several pages. Every
 * other one is of two people and looks that stall while everything else goes on.
 */
function roles(seed: number): Setting {
  const chance = chanceFrom(seed ^ 0x1b873593);
  const isNarrow = chance.happens(0.5);
  const isShort = !isNarrow && chance.happens(0.4);
  return {
    // Who is held is looked at and written without roles.
    vars: {
      ...(isShort && { GOOGLE_CALLS_PER_PASS: '15' }),
      ...(isNarrow && { DELETE_GUARD_COUNT: '0' }),
    },
    people: isNarrow ? 1 : 2 + chance.below(3),
    isImported: isNarrow || chance.happens(0.9),
    isSettled: isNarrow || chance.happens(0.8),
    pace: isNarrow ? { ms: 8_000, steps: 90 } : { ms: 25_000, steps: 120 },
    isByPushesAlone: false,
    // A reading that was begun in trouble, a whole one, and a list that is compared with what it led to.
    lastPasses: isShort ? 7 : 3,
    prepare: (world) => {
      Object.assign(world.temper, {
        crashRate: !isNarrow && chance.happens(0.5) ? 0.006 : 0,
        stallRate: isNarrow ? 0.5 : 0.3,
        stallAtWrite: 0.6,
        cronNoise: 0.2,
        overlapRate: isNarrow ? 1 : 0.1,
      });
      Object.assign(world.queue.temper, { doubleRate: 0.1, lateRate: 0.1 });
      Object.assign(world.workflows.temper, { cutRate: 0.2, zombieRate: 0.1 });
      const { groups, store } = world.google.workspace;
      for (const email of GROUPS) groups.create({ email });
      for (const { user } of store.living())
        if (chance.happens(0.5)) groups.addMember(oneOf(chance, GROUPS), user.id);
    },
  };
}

/** How one history of a world begins. */
export function settingOf(world: WorldName, seed: number): Setting {
  switch (world) {
    case 'general':
      return general(seed);
    case 'there-and-back':
      return thereAndBack(seed);
    case 'held':
      return held(seed);
    case 'roles':
      return roles(seed);
    case 'pushes-alone':
      return pushesAlone(seed);
    default:
      return world satisfies never;
  }
}
