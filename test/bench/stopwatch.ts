// Times many things at once, each by its id; what began twice counts from its first beginning.
export class Stopwatch {
  readonly #startedMs = new Map<string, number>();
  #tookMs: number[] = [];
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  /** From the first beginning to the last end. */
  get wholeMs(): number {
    return this.#lastMs - this.#firstMs;
  }

  start(id: string): void {
    this.#firstMs = Math.min(this.#firstMs, performance.now());
    if (!this.#startedMs.has(id)) this.#startedMs.set(id, performance.now());
  }

  stop(id: string): void {
    const startedMs = this.#startedMs.get(id);
    if (startedMs === undefined) return;
    this.#startedMs.delete(id);
    this.#lastMs = performance.now();
    this.#tookMs.push(this.#lastMs - startedMs);
  }

  reset(): void {
    this.#startedMs.clear();
    this.#tookMs = [];
    this.#firstMs = Number.POSITIVE_INFINITY;
  }

  /** Waits until `count` things have ended; returns how long each took, in ms. */
  async settle(count: number, withinMs: number): Promise<number[]> {
    const untilMs = performance.now() + withinMs;
    while (this.#tookMs.length < count) {
      if (performance.now() > untilMs)
        throw new Error(`${this.#tookMs.length} of ${count} ended within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [...this.#tookMs];
  }
}
