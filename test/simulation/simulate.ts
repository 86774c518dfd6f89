// `npm run simulate`: random histories of the whole system, on all cores.
//
//   node test/simulation/simulate.ts --histories 100000 [--world general] [--seed 1] [--mutant 'floor never raised']
//
// A violation is printed with the seed and path that bring it back: --seed S --path P runs that one history, and
// with --told prints each gate that opens.
import { parseArgs } from 'node:util';
import { runFleet } from './fleet.ts';
import { WORLDS, type WorldName } from './history.ts';
import { MUTANTS } from './mutants.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    path: { type: 'string' },
    world: { type: 'string' },
    mutant: { type: 'string' },
    told: { type: 'boolean', default: false },
  },
});
const known = WORLDS.find((one) => one === values.world);
if (values.world !== undefined && known === undefined) {
  say(`No such world. There are: ${WORLDS.join(', ')}`);
  process.exit(2);
}
if (values.mutant !== undefined && !(values.mutant in MUTANTS)) {
  say(`No such mutant. There are:\n  ${Object.keys(MUTANTS).join('\n  ')}`);
  process.exit(2);
}

/** Most histories are of the general world; the small ones find what it rarely meets. */
const SHARES: Readonly<Record<WorldName, number>> = {
  general: 0.4,
  roles: 0.2,
  'there-and-back': 0.2,
  held: 0.1,
  'pushes-alone': 0.1,
};
const total = Number(values.histories);
const worlds = known ? [known] : WORLDS;
let isBroken = false;
for (const world of worlds) {
  const histories = known ? total : Math.max(1, Math.round(total * SHARES[world]));
  const startedMs = performance.now();
  const { path, mutant, told } = values;
  const order = { world, histories, seed: Number(values.seed), path, mutant, isTold: told };
  const report = await runFleet(order);
  const seconds = (performance.now() - startedMs) / 1000;
  const counts = Object.entries(report.totals).map(([name, count]) => `${count} ${name}`);
  say(`${world}: ${report.histories} histories in ${seconds.toFixed(1)} s: ${counts.join(', ')}`);
  for (const { seed, path: at, violation, history } of report.failures) {
    isBroken = true;
    say(`\n${world}: ${violation}`);
    say(`  ${history}`);
    const broken = mutant === undefined ? '' : ` --mutant '${mutant}'`;
    say(
      `  again: node test/simulation/simulate.ts --world ${world}${broken} --seed ${seed} --path ${at}`,
    );
  }
}
process.exit(isBroken ? 1 : 0);
