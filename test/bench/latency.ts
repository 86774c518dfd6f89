// How long a change takes from Google's push to the row in D1, through the real queue under `wrangler dev`.
//
// One clock, this process's: from the moment the fake Google sends the push to the moment the Worker's line
// `user.written` is read here. The Worker writes it once D1's batch() has returned, so the way of the line
// through wrangler is included: an upper bound. Afterwards D1 itself is asked whether every row is there.
// Google answers from this process within a millisecond or so; the real one's time comes on top.
//
// Base: a bare Worker's queue, from POST to its consumer's line read here, at the same rate.
import type { GoogleUser } from '../google/person.ts';
import { percentileRows, startBothWorkers } from './both-workers.ts';
import { type Row, runFigure, say } from './figure.ts';
import { keepPace, type Pace, wait } from './pace.ts';
import { percentile } from './statistics.ts';
import { Stopwatch } from './stopwatch.ts';

const PACES: readonly Pace[] = [
  { name: '1/s', changes: 30, everyMs: 1_000 },
  { name: '20/s', changes: 200, everyMs: 50 },
  { name: 'burst of 500', changes: 500, everyMs: 0 },
];
const PEOPLE = 800;
const START_WITHIN_MS = 60_000;
const SETTLE_WITHIN_MS = 45_000;
/** Let what one pace left behind come to rest before the next. */
const REST_MS = 1_000;

async function measure(temporary: string): Promise<Row[]> {
  const pushes = new Stopwatch();
  let people: GoogleUser[] = [];
  const both = await startBothWorkers(temporary, {
    hire: ({ workspace }) => {
      people = workspace.addMany(PEOPLE, { push: false });
    },
    startWithinMs: START_WITHIN_MS,
    onPush: (id) => pushes.start(id),
    onWritten: (id) => pushes.stop(id),
  });
  const { google, messages, sendBare, execute } = both;

  const change = (person: GoogleUser, title: string) =>
    google.workspace.update(person.id, { organizations: [{ primary: true, title }] });
  // The first change and the first message of each Worker pay for what is loaded then; they don't count.
  await warmUp(people, change, sendBare, pushes, messages);

  const rows: Row[] = [];
  for (const pace of PACES) {
    const measured = await measurePace(pace);
    rows.push(...percentileRows('push to row', pace, measured.pushMs, measured.messageMs));
    if (pace.everyMs === 0) rows.push(wholeRow(pace, pushes.wholeMs, messages.wholeMs));
    await wait(REST_MS);
  }
  await checkRows(execute);
  return rows;

  async function measurePace(pace: Pace) {
    pushes.reset();
    messages.reset();
    const makeChanges = () =>
      keepPace(pace, 0, (i) => void change(people[i] as GoogleUser, `${pace.name} ${i}`));
    const sendMessages = (offsetMs: number) =>
      keepPace(pace, offsetMs, (i) => void sendBare(`${pace.name} ${i}`));
    if (pace.everyMs >= 1_000) {
      // There is room: the base in the gaps.
      await Promise.all([makeChanges(), sendMessages(pace.everyMs / 2)]);
    } else {
      await makeChanges();
      await pushes.settle(pace.changes, SETTLE_WITHIN_MS);
      await sendMessages(0);
    }
    const pushMs = await pushes.settle(pace.changes, SETTLE_WITHIN_MS);
    const messageMs = await messages.settle(pace.changes, SETTLE_WITHIN_MS);
    say(`${pace.name}: p50 ${Math.round(percentile(pushMs, 50))} ms`);
    return { pushMs, messageMs };
  }
}

async function warmUp(
  people: readonly GoogleUser[],
  change: (person: GoogleUser, title: string) => void,
  sendBare: (id: string) => Promise<void>,
  pushes: Stopwatch,
  messages: Stopwatch,
): Promise<void> {
  const some = people.slice(-20);
  for (const person of some) {
    change(person, 'warm-up');
    await sendBare(`warm-up ${person.id}`);
    await wait(50);
  }
  await pushes.settle(some.length, SETTLE_WITHIN_MS);
  await messages.settle(some.length, SETTLE_WITHIN_MS);
}

function wholeRow({ name, changes }: Pace, wholeMs: number, baseMs: number): Row {
  return {
    what: `first push to last row, ${name}`,
    measured: { value: wholeMs, unit: 'ms' },
    base: { what: `bare queue, ${name}`, value: baseMs, unit: 'ms' },
    ratio: wholeMs / baseMs,
    samples: changes,
  };
}

/** A line in a log is a claim: D1 says whether the last change of everybody is there, once. */
async function checkRows(execute: (...options: string[]) => Promise<string>): Promise<void> {
  const expected = PACES.reduce((sum, { changes }) => sum + changes, 0) + 20;
  const sql = `SELECT count(*) AS n FROM events WHERE type = 'user.updated'`;
  const printed = await execute('--json', '--command', sql);
  const [answer] = JSON.parse(printed) as { results: { n: number }[] }[];
  const found = answer?.results[0]?.n;
  if (found !== expected) throw new Error(`${found} events in D1 for ${expected} changes`);
}

await runFigure(measure);
