// One simulated deployment: the product's own code between a Google Workspace, D1, KV, a queue and Workflows, all
// of them in the scheduler's hand. Here is what may begin: a push arrives, a batch is consumed, cron comes, a pass
// goes on, somebody signs in, an operator decides.
import type { Config, Env } from '../../src/config.ts';
import { sweepExpired } from '../../src/sso/sweep.ts';
import { channelKeys } from '../../src/sync/channel-token.ts';
import { consumeChanges, consumeDeadChanges } from '../../src/sync/consume.ts';
import { type SyncPorts, syncPorts } from '../../src/sync/ports.ts';
import { receiveNotification } from '../../src/sync/receive.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import type { Google } from '../google/google.ts';
import { type D1Temper, gatedD1 } from './gated-d1.ts';
import { type Border, openBorder } from './google-border.ts';
import { StaleKv } from './kv.ts';
import { type Batch, SimulatedQueue } from './queue.ts';
import type { Quiet } from './quiet.ts';
import { type Chance, chanceFrom } from './random.ts';
import { type Actor, type Clock, Scheduler, type Stall } from './scheduler.ts';
import type { Peek } from './sqlite-d1.ts';
import { Witness } from './witness.ts';
import { Workflows } from './workflows.ts';

const CRON_MS = 5 * 60_000;
/** A look has about as many gates. */
const STALLS_WITHIN = 14;

export interface WorldParts {
  google: Google;
  /** Where the emulator hands its pushes to; this world puts itself there. */
  post: { deliver: (request: Request) => Promise<Response> };
  clock: Clock;
  d1: D1Database;
  /** `null` over the real D1: nobody watches there. */
  peek: Peek | null;
  quiet: Quiet;
  env: Env;
  config: Config;
  seed: number;
}

export interface Temper {
  /** How often an actor dies, for each step. */
  crashRate: number;
  /** How often an event stalls at one of its gates. */
  stallRate: number;
  /** How many of those do so right before they write what they saw. */
  stallAtWrite: number;
  /** Whether cron comes by itself. */
  hasCron: boolean;
  /** How often two crons come at once, or none. */
  cronNoise: number;
  /** Time passes only while nobody is at work. */
  isPrompt: boolean;
  /** How often a second consumer runs beside the first. */
  overlapRate: number;
}

export class World {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly queue: SimulatedQueue;
  readonly kv: StaleKv;
  readonly workflows: Workflows;
  readonly border: Border;
  readonly witness: Witness | null;
  readonly google: Google;
  readonly temper: Temper = {
    crashRate: 0,
    stallRate: 0,
    stallAtWrite: 0.2,
    hasCron: true,
    cronNoise: 0,
    isPrompt: false,
    overlapRate: 0,
  };
  readonly d1Temper: D1Temper = { failures: 0 };
  readonly counts = { crashes: 0, passes: 0, complete: 0, signIns: 0, sessions: 0, conflicts: 0 };
  /** Where order is of no interest nobody waits at gates. Over the real D1 everybody always does. */
  canBeFast = true;
  nextCronMs: number;
  /** Tokens of those who signed in. */
  readonly tokens: string[] = [];
  readonly #parts: WorldParts;
  readonly #productChance: Chance;

  constructor(parts: WorldParts) {
    const { google, clock, seed, quiet, peek, config } = parts;
    this.#parts = parts;
    this.google = google;
    this.chance = chanceFrom(seed);
    this.#productChance = chanceFrom(seed ^ 0x5bd1e995);
    quiet.chance = chanceFrom(seed ^ 0x2545f491);
    const { chance } = this;
    this.scheduler = new Scheduler(clock, chance, quiet);
    this.queue = new SimulatedQueue(this.scheduler, chance);
    this.kv = new StaleKv(this.scheduler, chance);
    this.workflows = new Workflows(this.scheduler, chance, (actor, steps, pass) =>
      reconcile(this.portsFor(actor), steps, pass),
    );
    this.border = openBorder({ google, scheduler: this.scheduler, chance, domain: config.domain });
    const { border, scheduler } = this;
    this.witness = peek && new Witness({ peek, scheduler, border, ...config });
    this.nextCronMs = clock.nowMs - (clock.nowMs % CRON_MS) + CRON_MS;
    parts.post.deliver = (request) => this.receive(request);
    this.#watch();
  }

  get nowMs(): number {
    return this.scheduler.clock.nowMs;
  }

  get d1(): D1Database {
    return this.#parts.d1;
  }

  get config(): Config {
    return this.#parts.config;
  }

  #watch(): void {
    const { witness, workflows, queue, border } = this;
    const passes = new Map<number, string>();
    workflows.onStep = (pass, step) => witness?.passStep(pass.id, step);
    workflows.onEnd = (outcome) => {
      if (outcome === 'complete') this.counts.complete += 1;
    };
    workflows.onStart = (actor, pass) => passes.set(actor.id, pass.id);
    border.onList = (actor) => witness?.passRead(passes.get(actor.id) ?? '');
    queue.onAck = ({ body, sentSeq }) => {
      if (body.kind === 'look') witness?.acknowledged(body, sentSeq);
    };
    queue.onSent = (body) => {
      if (body.kind === 'look' && body.event === 'delete') witness?.announcedDelete(body.userId);
    };
  }

  /** The product's ports, with the bindings of one event. */
  portsFor(actor: Actor): SyncPorts {
    const { env, config, d1, quiet } = this.#parts;
    const { scheduler, chance } = this;
    const bindings = {
      ...env,
      DB: gatedD1(
        {
          d1,
          scheduler,
          chance,
          quiet,
          temper: this.d1Temper,
          afterQuery: (by) => this.witness?.afterQuery(by),
          onRefusal: (by, message) => this.#refused(by, message),
        },
        actor,
      ),
      CHANNELS: this.kv.boundTo(actor),
      CHANGES: this.queue.boundTo(actor),
    } as unknown as Env;
    return syncPorts(bindings, config, {
      fetch: (request) => this.border.fetch(actor, request),
      nowMs: () => this.nowMs,
      random: this.#productChance.next,
      wait: (ms) => scheduler.pass(actor, 'wait', this.nowMs + ms),
      log: (_level, event, fields) => {
        const codes = [fields?.['code'], ...((fields?.['reasons'] as string[] | undefined) ?? [])];
        if (codes.includes('internal-error')) this.witness?.fail(`${event}: internal-error`);
      },
    });
  }

  /** The triggers are the last resort: the product itself is not to run into them. */
  #refused(actor: Actor, message: string): void {
    if (actor.kind !== 'careless' && !/Network connection lost/.test(message)) {
      this.witness?.fail(`D1 refused a query of ${actor.kind}: ${message}`);
    }
  }

  #stall(): Stall | null {
    const { chance, temper } = this;
    if (!chance.happens(temper.stallRate)) return null;
    return chance.happens(temper.stallAtWrite) ? 'd1 batch' : 1 + chance.below(STALLS_WITHIN);
  }

  /** Begins an event of its own. */
  start(kind: string, work: (actor: Actor) => Promise<unknown>, onDeath?: () => void): Actor {
    return this.scheduler.start(kind, this.#stall(), work, onDeath);
  }

  /** A push arrives. */
  receive(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      const work = async (actor: Actor) => {
        const { status } = await receiveNotification(
          {
            keys: await channelKeys(this.config),
            enqueue: (message) => this.queue.boundTo(actor).send(message),
            isWithinLimit: async () => true,
            nowMs: () => this.nowMs,
          },
          request,
        );
        resolve(new Response(null, { status }));
      };
      this.start('receiver', work, () => reject(new TypeError('connection reset')));
    });
  }

  #consume(from: 'changes' | 'dead'): boolean {
    const isBusy = this.scheduler.isRunning(from);
    if (isBusy && !this.chance.happens(this.temper.overlapRate)) return false;
    let actor: Actor;
    const batch: Batch | null = this.queue.take(() => actor, from, this.chance.happens(0.5));
    if (batch === null) return false;
    const work = async (by: Actor) => {
      const consume = from === 'changes' ? consumeChanges : consumeDeadChanges;
      try {
        await consume(this.portsFor(by), batch.messages);
      } catch (error) {
        this.witness?.fail(`the consumer threw ${error}`);
        batch.settle('threw');
        return;
      }
      batch.settle('returned');
    };
    actor = this.start(from, work, () => batch.settle('died'));
    return true;
  }

  /** One cron run. */
  cron(): void {
    const scheduledMs = this.nowMs - (this.nowMs % 60_000);
    this.start('cron', async (actor) => {
      const ports = this.portsFor(actor);
      const create = (pass: { id: string; directoryId: string }) =>
        this.scheduler.effect(actor, 'workflow create', () => {
          this.counts.passes += 1;
          this.workflows.create(pass);
        });
      try {
        await runSchedule(ports, create, scheduledMs, { sessions: () => sweepExpired(ports) });
      } catch {
        // Cron may fail; the next one comes.
      }
    });
  }

  /** Begins one thing that is due; false where nothing is. */
  begin(): boolean {
    const { temper, chance } = this;
    if (temper.hasCron && this.nowMs >= this.nextCronMs) {
      this.nextCronMs += CRON_MS;
      const isNoise = chance.happens(temper.cronNoise);
      if (!isNoise || chance.happens(0.5)) this.cron();
      if (isNoise && chance.happens(0.5)) this.cron();
      return true;
    }
    if (this.workflows.resumeDue(() => this.#stall())) return true;
    const [push] = this.google.pushes.waiting;
    if (push !== undefined && push.dueMs <= this.nowMs) {
      void this.google.flush();
      return true;
    }
    return this.#consume('changes') || this.#consume('dead');
  }

  /** When the next thing is due that does not stand at a gate. */
  nextDueMs(): number {
    return Math.min(
      this.scheduler.nextWakeMs(),
      this.queue.nextDueMs(),
      this.workflows.nextDueMs(),
      this.google.pushes.waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY,
      this.temper.hasCron ? this.nextCronMs : Number.POSITIVE_INFINITY,
    );
  }

  kill(actor: Actor): void {
    this.counts.crashes += 1;
    this.scheduler.kill(actor);
  }
}
