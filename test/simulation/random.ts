// A seeded source of chance, and the few ways in which the simulation draws from it.

export interface Chance {
  /** In [0, 1). */
  next: () => number;
  /** A whole number in [0, limit). */
  below: (limit: number) => number;
  /** True with this probability. */
  happens: (probability: number) => boolean;
}

/** mulberry32: 32 bits of state are plenty for one history. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    happens: (probability) => probability > 0 && next() < probability,
  };
}

/** Of several, one; the list must not be empty. */
export function oneOf<T>(chance: Chance, items: readonly T[]): T {
  const item = items[chance.below(items.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}
