// When is everything quiet? Promises settle among themselves; what leaves the thread (cryptography, and in
// workerd the database) is counted. So quiescence is exact, and a history repeats bit by bit.
//
// Chance is taken from the seed as well, and the service account's RSA signatures, which nothing here is
// about, are replaced by a stand-in: they would cost more time than all the rest.
import { type Chance, chanceFrom } from './random.ts';

type SubtleName = 'sign' | 'verify' | 'digest' | 'importKey' | 'deriveBits' | 'deriveKey';
const COUNTED: readonly SubtleName[] = [
  'sign',
  'verify',
  'digest',
  'importKey',
  'deriveBits',
  'deriveKey',
];
/** Whoever waits so long for real time waits for a deadline. */
const DEADLINE_MS = 1_000;
type AnyFunction = (...args: unknown[]) => Promise<unknown>;

export class Quiet {
  #inFlight = 0;
  readonly #nextTurn: () => Promise<void>;
  readonly #undo: (() => void)[] = [];
  /** Where random bytes come from; a history sets its own. */
  chance: Chance = chanceFrom(1);

  /** @param nextTurn resolves when every promise that could settle has done so */
  constructor(nextTurn: () => Promise<void>) {
    this.#nextTurn = nextTurn;
  }

  /** Counts something that leaves the thread. */
  async counted<T>(work: () => T | Promise<T>): Promise<T> {
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
    }
  }

  async settle(): Promise<void> {
    do await this.#nextTurn();
    while (this.#inFlight > 0);
  }

  /** Wraps the globals of this thread; `restore` takes it back. */
  install(): void {
    const { subtle } = crypto;
    for (const name of COUNTED) {
      const own = (subtle[name] as unknown as AnyFunction).bind(subtle);
      this.#replace(subtle, name, (...args: unknown[]) => {
        const standIn = rsaStandIn(name, args);
        return standIn ? Promise.resolve(standIn.value) : this.counted(() => own(...args));
      });
    }
    this.#replace(crypto, 'getRandomValues', (bytes: Uint8Array) => {
      for (let i = 0; i < bytes.length; i += 1) bytes[i] = this.chance.below(256);
      return bytes;
    });
    // Deadlines of real time mean nothing in a world whose clock stands still.
    this.#replace(AbortSignal, 'timeout', () => new AbortController().signal);
    const own = setTimeout;
    this.#replace(globalThis, 'setTimeout', (work: () => void, ms = 0) =>
      ms < DEADLINE_MS ? own(work, ms) : null,
    );
  }

  restore(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #replace(owner: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    this.#undo.push(() => {
      if (before) Object.defineProperty(owner, name, before);
      else delete (owner as Record<string, unknown>)[name];
    });
  }
}

const SIGNATURE = new Uint8Array(256).fill(7);

function rsaStandIn(name: SubtleName, args: unknown[]): { value: unknown } | null {
  if (name !== 'sign' && name !== 'verify') return null;
  const key = args[1] as CryptoKey;
  if (key.algorithm.name !== 'RSASSA-PKCS1-v1_5') return null;
  return { value: name === 'sign' ? SIGNATURE.buffer : true };
}
