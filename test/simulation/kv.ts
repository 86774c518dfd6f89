// Workers KV as channels meet it: eventually consistent. A reader may see what was true up to a minute ago, a
// write may be refused, and of two writers the last one wins. Keys expire by themselves.
import type { ChannelStore } from '../../src/sync/ports.ts';
import type { Chance } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';

const STALE_FOR_MS = 60_000;

interface Version {
  atMs: number;
  value: string | null;
  untilMs: number;
}

export type KvState = [string, Version[]][];

export interface KvTemper {
  /** How often a reader sees an older state. */
  staleRate: number;
  /** How often a write is refused. */
  failRate: number;
}

export class StaleKv {
  readonly temper: KvTemper = { staleRate: 0, failRate: 0 };
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  #versions = new Map<string, Version[]>();

  constructor(scheduler: Scheduler, chance: Chance) {
    this.#scheduler = scheduler;
    this.#chance = chance;
  }

  snapshot(): KvState {
    return structuredClone([...this.#versions]);
  }

  restore(snapshot: KvState): void {
    this.#versions = new Map(structuredClone(snapshot));
  }

  /** The namespace as one event sees it. */
  boundTo(actor: Actor): ChannelStore {
    const { temper } = this;
    const scheduler = this.#scheduler;
    const chance = this.#chance;
    const refuse = () => {
      if (chance.happens(temper.failRate)) throw new Error('KV PUT failed: 429 Too Many Requests');
    };
    /** The moment whose state is shown. */
    const asOfMs = () => {
      const lagMs = chance.happens(temper.staleRate) ? chance.below(STALE_FOR_MS) : 0;
      return scheduler.clock.nowMs - lagMs;
    };
    const store = {
      get: (key: string) => scheduler.effect(actor, 'kv get', () => this.#valueAt(key, asOfMs())),
      put: (key: string, value: string, options?: { expirationTtl?: number }) =>
        scheduler.effect(actor, 'kv put', () => {
          refuse();
          const untilMs = scheduler.clock.nowMs + (options?.expirationTtl ?? 1e9) * 1000;
          this.#write(key, { atMs: scheduler.clock.nowMs, value, untilMs });
        }),
      delete: (key: string) =>
        scheduler.effect(actor, 'kv delete', () => {
          refuse();
          this.#write(key, { atMs: scheduler.clock.nowMs, value: null, untilMs: 0 });
        }),
      list: ({ prefix = '' }: { prefix?: string } = {}) =>
        scheduler.effect(actor, 'kv list', () => {
          const atMs = asOfMs();
          const keys = [...this.#versions.keys()]
            .filter((key) => key.startsWith(prefix) && this.#valueAt(key, atMs) !== null)
            .toSorted()
            .map((name) => ({ name }));
          return { keys, list_complete: true, cacheStatus: null };
        }),
    };
    return store as unknown as ChannelStore;
  }

  #write(key: string, version: Version): void {
    const versions = this.#versions.get(key) ?? [];
    versions.push(version);
    this.#versions.set(key, versions);
  }

  #valueAt(key: string, atMs: number): string | null {
    const version = this.#versions.get(key)?.findLast((one) => one.atMs <= atMs);
    return version && version.untilMs > atMs ? version.value : null;
  }
}
