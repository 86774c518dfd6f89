// A Worker as it is deployed, without the development session around it: wrangler's test harness runs the real
// bundle in workerd. `wrangler dev` keeps a debugger attached, to which every line of the log is relayed; that
// costs more than the request itself, and nobody has it in production.
import { createTestHarness, type WorkerHandle } from 'wrangler';

export interface Harnessed {
  port: number;
  worker: WorkerHandle<{ DB: D1Database }>;
  close: () => Promise<void>;
}

/** @param vars settings; `wrangler.toml` names none */
export async function startHarness(
  configPath: string,
  vars: Record<string, string> = {},
): Promise<Harnessed> {
  const harness = createTestHarness({ workers: [{ configPath, secrets: vars }] });
  const { url } = await harness.listen();
  return {
    port: Number(new URL(url).port),
    worker: harness.getWorker(),
    close: () => harness.close(),
  };
}
