// This process's memory while something runs. Garbage not collected yet is included, and so is wrangler's own part.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const SAMPLE_EVERY_MS = 10;
const MEBI = 1024 ** 2;

export interface Memory {
  processMiB: number;
  /** JS heap and buffers. */
  heapMiB: number;
}

function memory(): Memory {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { processMiB: rss / MEBI, heapMiB: (heapUsed + external) / MEBI };
}

export async function watchMemory<T>(
  work: () => Promise<T>,
): Promise<{ result: T; before: Memory; peak: Memory }> {
  collectGarbage();
  const before = memory();
  const peak = { ...before };
  const sample = () => {
    const now = memory();
    peak.processMiB = Math.max(peak.processMiB, now.processMiB);
    peak.heapMiB = Math.max(peak.heapMiB, now.heapMiB);
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  const result = await work();
  clearInterval(timer);
  sample();
  return { result, before, peak };
}
