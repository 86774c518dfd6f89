// Who runs next. Every call of the product to the outside waits at a gate, before it takes effect and after;
// one gate at a time is opened, by seed, and the code behind it runs until all is quiet again. Only here does
// the clock move. An actor is one event in one isolate: killed, it stays for ever at the gates where it stood.
import type { Quiet } from './quiet.ts';
import type { Chance } from './random.ts';

export interface Actor {
  readonly id: number;
  readonly kind: string;
  /** Where it stays for long while the others go on; `null` once it has, or if it never does. */
  stall: Stall | null;
  isDead: boolean;
  /** What the world does about its end: messages come back, connections break. */
  onDeath: () => void;
}

/** At the n-th gate from here, or at the first of this name. */
export type Stall = number | string;

interface Gate {
  actor: Actor;
  /** How eagerly it is chosen. */
  weight: number;
  label: string;
  notBeforeMs: number;
  open: () => void;
}

export interface Clock {
  nowMs: number;
}

/** How eagerly somebody who stalls is chosen; everybody else has 1. */
const STALLED = 0.01;
/** How much everything else (time, what is due) weighs against one eager actor. */
const TIME_WEIGHT = 0.35;

export class Scheduler {
  /** Counts everything that happens, so that two moments can be compared. */
  seq = 0;
  /** Gates opened so far. */
  steps = 0;
  /** Calls pass without waiting; for the part of a history in which order is of no interest. */
  isFast = false;
  /** What events threw that should not throw. */
  readonly failures: unknown[] = [];
  /** A digest of who went when (FNV-1a): equal for two runs of one history. */
  trace = 0x811c9dc5;
  /** Told each gate that opens; for reading one history closely. */
  onStep: ((line: string) => void) | null = null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly #quiet: Quiet;
  #waiting: Gate[] = [];
  #alive = new Set<Actor>();
  #lastId = 0;

  constructor(clock: Clock, chance: Chance, quiet: Quiet) {
    this.clock = clock;
    this.chance = chance;
    this.#quiet = quiet;
  }

  get actors(): readonly Actor[] {
    return [...this.#alive];
  }

  isRunning(kind: string): boolean {
    for (const actor of this.#alive) if (actor.kind === kind) return true;
    return false;
  }

  /**
   * Starts an event. `work` begins when the scheduler lets it.
   *
   * @param stall at which of its gates it stays for long
   * @param onDeath what the world does if it is killed
   */
  start(
    kind: string,
    stall: Stall | null,
    work: (actor: Actor) => Promise<unknown>,
    onDeath = () => {},
  ) {
    this.#lastId += 1;
    const actor: Actor = { id: this.#lastId, kind, stall, isDead: false, onDeath };
    this.#alive.add(actor);
    void this.#live(actor, work);
    return actor;
  }

  async #live(actor: Actor, work: (actor: Actor) => Promise<unknown>): Promise<void> {
    try {
      await this.pass(actor, 'start');
      await work(actor);
    } catch (error) {
      this.failures.push(error);
    } finally {
      this.#alive.delete(actor);
    }
  }

  /** Waits for the scheduler; for ever where the actor is dead. */
  pass(actor: Actor, label: string, notBeforeMs = 0): Promise<void> {
    if (actor.isDead) return new Promise(() => {});
    if (this.isFast && notBeforeMs <= this.clock.nowMs) return Promise.resolve();
    const weight = isStalling(actor, label) ? STALLED : 1;
    return new Promise((resolve) => {
      this.#waiting.push({ actor, weight, label, notBeforeMs, open: resolve });
    });
  }

  /** A call to the outside: a gate, its effect, and another gate before the caller learns of it. */
  async effect<T>(actor: Actor, label: string, work: () => T | Promise<T>): Promise<T> {
    await this.pass(actor, label);
    this.seq += 1;
    try {
      return await work();
    } finally {
      this.seq += 1;
      await this.pass(actor, `${label} done`);
    }
  }

  /** The isolate dies: nothing of this actor runs on. */
  kill(actor: Actor): void {
    if (actor.isDead) return;
    actor.isDead = true;
    this.#waiting = this.#waiting.filter((gate) => gate.actor !== actor);
    this.#alive.delete(actor);
    this.#note(`kill ${actor.kind}`, actor.id);
    actor.onDeath();
  }

  /** Lets everything run until it stands at gates. */
  quiet(): Promise<void> {
    return this.#quiet.settle();
  }

  /** Nobody stands at a gate that could open now. */
  get isIdle(): boolean {
    return !this.#waiting.some(({ notBeforeMs }) => notBeforeMs <= this.clock.nowMs);
  }

  /** When the next actor that only waits for time goes on; `Infinity` if none does. */
  nextWakeMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { notBeforeMs } of this.#waiting) {
      if (notBeforeMs > this.clock.nowMs && notBeforeMs < next) next = notBeforeMs;
    }
    return next;
  }

  /** Every gate that is due opens, whoever stands there; where nobody may hurry, only the first. */
  openDue(): boolean {
    const due = this.#waiting.filter(({ notBeforeMs }) => notBeforeMs <= this.clock.nowMs);
    const opening = this.isFast ? due : due.slice(0, 1);
    if (opening.length === 0) return false;
    this.#waiting = this.#waiting.filter((gate) => !opening.includes(gate));
    for (const gate of opening) this.#open(gate);
    return true;
  }

  /**
   * Opens one gate by chance.
   *
   * @returns false where nobody stands at one, or time was chosen instead
   */
  openOne(): boolean {
    const { nowMs } = this.clock;
    let total = 0;
    for (const { notBeforeMs, weight } of this.#waiting) {
      if (notBeforeMs <= nowMs) total += weight;
    }
    if (total === 0) return false;
    let drawn = this.chance.next() * (total + TIME_WEIGHT);
    for (const [at, gate] of this.#waiting.entries()) {
      if (gate.notBeforeMs > nowMs) continue;
      drawn -= gate.weight;
      if (drawn >= 0) continue;
      this.#waiting.splice(at, 1);
      this.#open(gate);
      return true;
    }
    return false;
  }

  #open({ actor, label, open }: Gate): void {
    this.steps += 1;
    this.seq += 1;
    this.#note(label, actor.id);
    this.onStep?.(`${this.clock.nowMs} ${actor.kind}#${actor.id} ${label}`);
    open();
  }

  #note(text: string, id: number): void {
    let hash = this.trace ^ id ^ (this.clock.nowMs & 0xffff);
    for (let i = 0; i < text.length; i += 1)
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.trace = hash >>> 0;
  }
}

function isStalling(actor: Actor, label: string): boolean {
  const { stall } = actor;
  if (stall === null) return false;
  if (typeof stall === 'number') actor.stall = stall - 1;
  if (actor.stall !== 0 && stall !== label) return false;
  actor.stall = null;
  return true;
}
