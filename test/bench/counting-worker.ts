// The product's Worker with a D1 binding that counts. Each answer says in a header what its request cost.
import type { Env } from '../../src/config.ts';
import product from '../../src/index.ts';
import { COUNTS_HEADER, countingD1, noCounts } from './counting-d1.ts';

export { Reconcile } from '../../src/index.ts';

let counts = noCounts();
/** The same object for each request, as a Worker's own environment is. */
let counted: Env | undefined;

export default {
  ...product,
  async fetch(request, env, ctx) {
    counted ??= { ...env, DB: countingD1(env.DB, () => counts) };
    counts = noCounts();
    const response = await product.fetch(request, counted, ctx);
    const headers = new Headers(response.headers);
    const { rowsWrittenTo: _, ...numbers } = counts;
    headers.set(COUNTS_HEADER, JSON.stringify(numbers));
    return new Response(response.body, { status: response.status, headers });
  },
} satisfies ExportedHandler<Env>;
