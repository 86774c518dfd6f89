// What work uses of what Cloudflare counts, and sums of it.
import type { Cost } from './in-process.ts';
import { operationsOf } from './local-queue.ts';

/** Each is a meter with a limit or a price of its own. */
export const METERS = [
  'requests',
  'd1RowsRead',
  'd1RowsWritten',
  'kvReads',
  'kvWrites',
  'kvDeletes',
  'kvLists',
  'queueOperations',
  'workflowSteps',
  'cpuMs',
] as const;
export type Meter = (typeof METERS)[number];
export type Usage = Readonly<Record<Meter, number>>;

const usage = (of: (meter: Meter) => number) =>
  Object.fromEntries(METERS.map((meter) => [meter, of(meter)])) as unknown as Usage;

export const NO_USAGE = usage(() => 0);
export const plus = (...all: readonly Usage[]): Usage =>
  usage((meter) => all.reduce((sum, one) => sum + one[meter], 0));
export const times = (one: Usage, factor: number): Usage => usage((meter) => one[meter] * factor);

/**
 * @param requests invocations that began from outside: a push, a cron, a Workflow instance; those of the consumer
 * are counted as well, so this is an upper bound
 */
export const usageOf = (cost: Cost, requests: number): Usage => ({
  requests: requests + cost.queue.batches,
  d1RowsRead: cost.d1.rowsRead,
  d1RowsWritten: cost.d1.rowsWritten,
  kvReads: cost.kv.reads,
  kvWrites: cost.kv.writes,
  kvDeletes: cost.kv.deletes,
  kvLists: cost.kv.lists,
  queueOperations: operationsOf(cost.queue),
  workflowSteps: cost.steps.length,
  cpuMs: 0,
});
