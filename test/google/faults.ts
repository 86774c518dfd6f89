// The switches of fault-switches.ts as one object with a property each, and the one-shot failures
// that a test plans: `failNext('get', '503')`. All are off at first.

import {
  type ApiFault,
  type CallKind,
  FAULT_SWITCHES,
  type FaultKey,
  type FaultValues,
  OFF,
} from './fault-switches.ts';

export interface Failure {
  kind: CallKind;
  fault: ApiFault;
  times: number;
  retryAfterSeconds?: number;
}

// Declaration merging gives the class one property per switch without writing each name twice more.
export interface Faults extends FaultValues {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every one of them
export class Faults {
  #next: Failure[] = [];

  constructor() {
    this.reset();
  }

  /** All off. */
  reset(): void {
    Object.assign(this, OFF);
    this.#next = [];
  }

  /** The next `times` calls of that kind fail so; `Infinity` lasts until reset. */
  failNext(
    kind: CallKind,
    fault: ApiFault,
    times = 1,
    options: { retryAfterSeconds?: number } = {},
  ): void {
    this.#next.push({ kind, fault, times, ...options });
  }

  /** Failures still to come. */
  get pending(): readonly Failure[] {
    return this.#next;
  }

  /** The failure for this call, if it is to fail; uses it up. */
  take(kind: string, random: () => number): Omit<Failure, 'times'> | null {
    const planned = this.#next.find((one) => one.kind === kind || one.kind === 'any');
    if (planned) {
      planned.times--;
      if (planned.times <= 0) this.#next = this.#next.filter((one) => one !== planned);
      return planned;
    }
    const isMeant = this.failKind === kind || this.failKind === 'any';
    if (!isMeant || this.failRate <= 0 || random() >= this.failRate) return null;
    const { failFault: fault, retryAfterSeconds } = this;
    return { kind: this.failKind, fault, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) };
  }

  isOff(key: FaultKey): boolean {
    return this[key] === OFF[key];
  }

  /** Sets one switch from text, as a form sends it; false when the text doesn't fit. */
  setFromText(key: string, text: string): boolean {
    const known = FAULT_SWITCHES.find((one) => one.key === key);
    if (!known) return false;
    if (known.kind === 'choice' && !known.choices?.includes(text)) return false;
    const number = Number(text);
    if (known.kind === 'number' && !(number >= 0 && Number.isFinite(number))) return false;
    if (known.unit === 'rate' && number > 1) return false;
    const value =
      known.kind === 'boolean' ? text === 'on' : known.kind === 'number' ? number : text;
    Object.assign(this, { [known.key]: value });
    return true;
  }

  snapshot(): FaultValues {
    return Object.fromEntries(
      FAULT_SWITCHES.map(({ key }) => [key, this[key]]),
    ) as unknown as FaultValues;
  }

  restore(values: FaultValues): void {
    this.reset();
    for (const { key } of FAULT_SWITCHES) {
      if (values[key] !== undefined) Object.assign(this, { [key]: values[key] });
    }
  }
}
