// The Worker that counts what it asks of D1 (counting-worker.ts), with a KV that counts as well.
import type { Env } from '../../src/config.ts';
import { countingKv, KV_COUNTS_HEADER, noKvCounts } from './counting-kv.ts';
import counting from './counting-worker.ts';

export { Reconcile } from './counting-worker.ts';

let counts = noKvCounts();
/** The same object for each request, as a Worker's own environment is. */
let counted: Env | undefined;

export default {
  ...counting,
  async fetch(request, env, ctx) {
    counted ??= { ...env, CHANNELS: countingKv(env.CHANNELS, () => counts) as Env['CHANNELS'] };
    counts = noKvCounts();
    const response = await counting.fetch(request, counted, ctx);
    response.headers.set(KV_COUNTS_HEADER, JSON.stringify(counts));
    return response;
  },
} satisfies ExportedHandler<Env>;
