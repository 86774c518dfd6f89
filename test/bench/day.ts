// Six hours of the product in which nobody changes, with a clock that is moved on: cron every 5 minutes, its passes,
// channels that are renewed and say that they are open. Then some people change, one after another, and are pushed. What
// Cloudflare would count of it is returned for a day, and for one push.
import { sweepExpired } from '../../src/sso/sweep.ts';
import { channelKeys } from '../../src/sync/channel-token.ts';
import type { Pass } from '../../src/sync/pass.ts';
import { receiveNotification } from '../../src/sync/receive.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createGoogle, type Google } from '../google/google.ts';
import { Clock, type InProcess, openInProcess } from './in-process.ts';
import { NO_USAGE, plus, times, type Usage, usageOf } from './usage.ts';

const CRON_EVERY_MS = 5 * 60_000;
/** As long as a channel lives: each is renewed once. */
const HOURS = 6;
/** Until the first channels are open and the import is behind. */
const FIRST_HOURS = 1;
const CRONS_AN_HOUR = 3_600_000 / CRON_EVERY_MS;
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
  const clock = new Clock();
  let pushes = 0;
  let receive = async (_request: Request): Promise<Response> => new Response(null, { status: 503 });
  const origin = 'http://localhost:1';
  const google = await createGoogle({
    nowMs: clock.nowMs,
    seed: false,
    origin,
    deliver: (request) => receive(request),
  });
  google.workspace.addMany(PEOPLE - 1, { push: false });
  const product = await openInProcess(temporary, {
    google: {
      url: origin,
      adminEmail: google.workspace.adminEmail,
      serviceAccountKey: google.serviceAccountKey,
    },
    people: PEOPLE,
    clock,
    fetch: (request) => google.fetch(request),
  });
  const keys = await channelKeys(product.ports().config);
  receive = async (request) => {
    pushes += 1;
    const { status } = await receiveNotification(
      {
        keys,
        enqueue: (message) => product.queue.send(message),
        isWithinLimit: async () => true,
        nowMs: clock.nowMs,
      },
      request,
    );
    return new Response(null, { status });
  };

  await runCrons(product, google, FIRST_HOURS * CRONS_AN_HOUR);
  pushes = 0;
  const sixHours = plus(await runCrons(product, google, HOURS * CRONS_AN_HOUR), {
    ...NO_USAGE,
    requests: pushes,
  });
  return { cron: times(sixHours, 24 / HOURS), push: await measurePush(product, google) };
}

/** @returns what cron itself used, and the consumer for it */
async function runCrons(product: InProcess, google: Google, crons: number): Promise<Usage> {
  let sum = NO_USAGE;
  for (let i = 0; i < crons; i += 1) {
    await product.clock.jump(CRON_EVERY_MS);
    const due: Pass[] = [];
    const cost = await product.cost(async () => {
      const ports = product.ports();
      const startPass = async (pass: Pass) => void due.push(pass);
      await runSchedule(ports, startPass, product.clock.nowMs(), {
        sessions: () => sweepExpired(ports),
      });
      await google.flush();
      await product.queue.drain(product.ports);
    });
    for (const { id } of due) await product.pass(id);
    sum = plus(sum, usageOf(cost, 1));
  }
  return sum;
}

async function measurePush(product: InProcess, google: Google): Promise<Usage> {
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
