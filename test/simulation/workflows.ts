// Cloudflare Workflows as a pass meets them: what a step returned once, it returns again; a step that fails is
// repeated; of an error only its words cross the border of a step. An instance whose isolate died goes on from its
// last finished step, in another isolate, or stays `running` for ever.
import type { ReconcileOutcome } from '../../src/db/schema.ts';
import type { Pass, Steps } from '../../src/sync/pass.ts';
import type { Chance } from './random.ts';
import type { Actor, Scheduler, Stall } from './scheduler.ts';

/** As src/index.ts has it: the first try and five more, 5 seconds apart and doubling. */
const TRIES = 6;
const FIRST_DELAY_MS = 5_000;

type Kept = { result: string } | { error: string } | { wakeMs: number };

export interface Instance {
  pass: Pass;
  kept: Map<string, Kept>;
  state: 'running' | 'cut' | 'ended';
  outcome: ReconcileOutcome | null;
  /** When it goes on after its isolate has died; `null` while it runs. */
  resumeMs: number | null;
}

export interface WorkflowsTemper {
  /** How often an instance whose isolate died is never heard of again. */
  cutRate: number;
  /** How often one goes on elsewhere although its isolate has not died. */
  zombieRate: number;
}

export class Workflows {
  readonly temper: WorkflowsTemper = { cutRate: 0, zombieRate: 0 };
  readonly instances = new Map<string, Instance>();
  /** Told when the work of a step begins. */
  onStep: (pass: Pass, name: string) => void = () => {};
  onEnd: (outcome: ReconcileOutcome) => void = () => {};
  /** Told which event runs which instance. */
  onStart: (actor: Actor, pass: Pass) => void = () => {};
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  readonly #run: (actor: Actor, steps: Steps, pass: Pass) => Promise<ReconcileOutcome>;

  constructor(
    scheduler: Scheduler,
    chance: Chance,
    run: (actor: Actor, steps: Steps, pass: Pass) => Promise<ReconcileOutcome>,
  ) {
    this.#scheduler = scheduler;
    this.#chance = chance;
    this.#run = run;
  }

  /** As `startPass` of src/index.ts: an instance of that id that exists already is left alone. */
  create(pass: Pass): void {
    if (this.instances.has(pass.id)) return;
    const { nowMs } = this.#scheduler.clock;
    this.instances.set(pass.id, {
      pass,
      kept: new Map(),
      state: 'running',
      outcome: null,
      resumeMs: nowMs,
    });
  }

  nextDueMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { resumeMs } of this.instances.values()) next = Math.min(next, resumeMs ?? next);
    return next;
  }

  /** Starts or resumes what is due. */
  resumeDue(stall: () => Stall | null): boolean {
    const { nowMs } = this.#scheduler.clock;
    for (const instance of this.instances.values()) {
      if (instance.resumeMs === null || instance.resumeMs > nowMs) continue;
      instance.resumeMs = null;
      this.#start(instance, stall());
      return true;
    }
    return false;
  }

  #start(instance: Instance, stall: Stall | null): void {
    const { clock } = this.#scheduler;
    if (this.#chance.happens(this.temper.zombieRate)) {
      instance.resumeMs = clock.nowMs + this.#chance.below(60_000);
    }
    const actor = this.#scheduler.start(
      'pass',
      stall,
      async (actor) => {
        instance.outcome = await this.#run(actor, this.#steps(actor, instance), instance.pass);
        instance.state = 'ended';
        instance.resumeMs = null;
        this.onEnd(instance.outcome);
      },
      () => {
        if (instance.state === 'ended') return;
        if (this.#chance.happens(this.temper.cutRate)) instance.state = 'cut';
        else instance.resumeMs = clock.nowMs + this.#chance.below(20_000);
      },
    );
    this.onStart(actor, instance.pass);
  }

  #steps(actor: Actor, { kept, pass }: Instance): Steps {
    const scheduler = this.#scheduler;
    const wait = (untilMs: number) => scheduler.pass(actor, 'sleep', untilMs);
    const attempt = async (name: string, work: () => Promise<unknown>): Promise<Kept> => {
      let error = '';
      for (let tries = 0; tries < TRIES && !kept.has(name); tries += 1) {
        if (tries > 0) await wait(scheduler.clock.nowMs + FIRST_DELAY_MS * 2 ** (tries - 1));
        try {
          this.onStep(pass, name);
          return { result: JSON.stringify(await work()) ?? 'null' };
        } catch (thrown) {
          error = String(thrown);
        }
      }
      return { error };
    };
    const steps = {
      async do<T>(name: string, work: () => Promise<T>): Promise<T> {
        await scheduler.pass(actor, `step ${name}`);
        if (!kept.has(name)) {
          const done = await attempt(name, work);
          // Between the work and the engine's note of it an isolate may die: then it is done again.
          await scheduler.pass(actor, `step ${name} done`);
          if (!kept.has(name)) kept.set(name, done);
        }
        const outcome = kept.get(name);
        if (outcome === undefined || !('result' in outcome)) {
          throw new Error(outcome && 'error' in outcome ? outcome.error : 'a step of another kind');
        }
        return JSON.parse(outcome.result) as T;
      },
      async sleep(name: string, ms: number): Promise<void> {
        await scheduler.pass(actor, `sleep ${name}`);
        const known = kept.get(name);
        const wakeMs = known && 'wakeMs' in known ? known.wakeMs : scheduler.clock.nowMs + ms;
        kept.set(name, { wakeMs });
        await wait(wakeMs);
      },
    };
    return steps;
  }
}
