// One of the processes that run histories: takes orders from its parent, one batch at a time, and reports each.
import type { BatchOrder, BatchReport } from './batch.ts';
import { installEdits } from './mutate.ts';

const [mutant] = process.argv.slice(2);
const edit = installEdits(mutant);
// Only now: what is imported before the edits are installed is the product as it is.
const { runBatch } = await import('./batch.ts');
const { openNodeStage, readMigrations } = await import('./node-stage.ts');
const stage = await openNodeStage({ migrations: readMigrations(edit) });

process.on('message', async (order: BatchOrder) => {
  const report: BatchReport = await runBatch(stage, order);
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
