// The process behind outcomes.ts: runs the sample over node:sqlite and reports what it ended with.
import { openNodeStage } from './node-stage.ts';
import { outcomeOf, sampleOf } from './sample.ts';

const stage = await openNodeStage({ canBeFast: false });
const outcomes: string[] = [];
for (const sample of sampleOf(Number(process.argv[2]))) {
  outcomes.push(await outcomeOf(stage, sample));
}
process.send?.(outcomes);
process.disconnect();
