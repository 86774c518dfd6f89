// Six hours of the product in which nobody changes, with a clock that is moved on: cron every 5 minutes, its passes,
// channels that are renewed and say that they are open. Then some people change, one after another, and are pushed. What
// Cloudflare would count of it is returned for a day, and for one push.
import type { Pass } from '../../src/sync/pass.ts';
import { openWithinOneProcess, type WithinOneProcess } from './google-within.ts';
import { NO_USAGE, plus, times, type Usage, usageOf } from './usage.ts';

const CRON_EVERY_MS = 5 * 60_000;
const CRONS_AN_HOUR = 3_600_000 / CRON_EVERY_MS;
/** As long as a channel lives: each is renewed once. */
const HOURS = 6;
/** Until the first channels are open and the import is behind. */
const FIRST_HOURS = 1;
/** One page. */
const PEOPLE = 400;
const PUSHES = 20;

export interface Day {
  /** Of cron and channels, without the passes that cron starts. */
  cron: Usage;
  /** Of one push about somebody who has changed, which comes alone. */
  push: Usage;
}

export async function measureDay(temporary: string): Promise<Day> {
  const world = await openWithinOneProcess(temporary, PEOPLE);
  await runCrons(world, FIRST_HOURS * CRONS_AN_HOUR);
  const before = world.received();
  const crons = await runCrons(world, HOURS * CRONS_AN_HOUR);
  const sixHours = plus(crons, { ...NO_USAGE, requests: world.received() - before });
  return { cron: times(sixHours, 24 / HOURS), push: await measurePush(world) };
}

/** @returns what cron itself used, and the consumer for it */
async function runCrons({ product, cron }: WithinOneProcess, crons: number): Promise<Usage> {
  let sum = NO_USAGE;
  for (let i = 0; i < crons; i += 1) {
    await product.clock.jump(CRON_EVERY_MS);
    let due: readonly Pass[] = [];
    const cost = await product.cost(async () => {
      due = await cron();
    });
    for (const { id } of due) await product.pass(id);
    sum = plus(sum, usageOf(cost, 1));
  }
  return sum;
}

async function measurePush({ google, product }: WithinOneProcess): Promise<Usage> {
  const people = google.workspace.users.slice(0, PUSHES);
  const cost = await product.cost(async () => {
    for (const { id } of people) {
      google.workspace.update(id, { organizations: [{ primary: true, title: 'Pushed' }] });
      await google.flush();
      await product.queue.drain(product.ports);
    }
  });
  const row = await product.d1
    .prepare(`SELECT count(*) AS n FROM users WHERE attributes->>'$.title' = 'Pushed'`)
    .first<{ n: number }>();
  if (row?.n !== people.length) throw new Error(`${row?.n} of ${people.length} pushes arrived`);
  return times(usageOf(cost, people.length), 1 / people.length);
}
