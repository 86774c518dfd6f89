// What the console costs: how much its pages weigh, what a view of the overview asks of D1 and KV with few people and
// with many, and how long it takes beside a bare read of one row.
//
// Counts and weights are exact. Both Workers run as deployed ones do, each in workerd over a local D1; requests come one
// after the other, one of each in turn. In production the way to D1 and KV is added: a view waits for D1 twice, one after
// the other, and for KV as often as it asks it.
import { Agent, request } from 'node:http';
import {
  type Deployment,
  fillPeople,
  hold,
  openBare,
  openDeployment,
  PUBLIC_URL,
  suspend,
  writeLetters,
} from './console-people.ts';
import { type PageWeight, weighPages, weightMarkdown, weightRows } from './console-weight.ts';
import { COUNTS_HEADER } from './counting-d1.ts';
import { KV_COUNTS_HEADER } from './counting-kv.ts';
import { type Figure, type Row, runFigure, say } from './figure.ts';
import { userIds } from './people.ts';
import { percentile } from './statistics.ts';

const CHANGES = 500;
const WARM_UP = 40;
const SAMPLES = 250;

interface View {
  statements: number;
  roundTrips: number;
  rowsRead: number;
  rowsWritten: number;
  reads: number;
  lists: number;
}

const VIEWS = ['first', 'calm', 'changed', 'busy'] as const;

async function view({ product, cookie }: Deployment): Promise<View> {
  const response = await product.worker.fetch(`${PUBLIC_URL}/console`, { headers: { cookie } });
  if (response.status !== 200) throw new Error(`/console answered ${response.status}`);
  await response.arrayBuffer();
  const counts = (name: string) => JSON.parse(response.headers.get(name) ?? '');
  return { ...counts(COUNTS_HEADER), ...counts(KV_COUNTS_HEADER) };
}

/** What views cost at one size, one after the other. */
async function measureViews(folder: string, people: number) {
  const deployment = await openDeployment(folder, 'test/bench/console-worker.ts');
  const { d1 } = deployment;
  await fillPeople(d1, people);
  const views: Record<(typeof VIEWS)[number], View> = {
    first: await view(deployment),
    calm: await view(deployment),
    changed: await suspend(d1, CHANGES).then(() => view(deployment)),
    busy: await hold(d1, 50)
      .then(() => writeLetters(d1, 20))
      .then(() => view(deployment)),
  };
  say(
    `${people} people: ${VIEWS.map((name) => `${name} ${views[name].rowsRead}`).join(', ')} rows read`,
  );
  return { deployment, people, views };
}

type Views = Awaited<ReturnType<typeof measureViews>>;

function viewRows(small: Views, large: Views): Row[] {
  const row = (what: string, name: (typeof VIEWS)[number], of: keyof View, unit: string): Row => {
    const [value, base] = [large.views[name][of], small.views[name][of]];
    return {
      what: `overview, ${large.people} people, ${what}`,
      measured: { value, unit },
      base: { what: `${small.people} people`, value: base, unit },
      ...(base !== 0 && { ratio: value / base }),
      samples: 1,
    };
  };
  return [
    row('calm: D1 statements, session included', 'calm', 'statements', 'statements'),
    row('calm: D1 round trips', 'calm', 'roundTrips', 'trips'),
    row('calm: D1 rows read', 'calm', 'rowsRead', 'rows'),
    row('calm: D1 rows written', 'calm', 'rowsWritten', 'rows'),
    row('50 held, 20 letters: D1 rows read', 'busy', 'rowsRead', 'rows'),
    row('50 held, 20 letters: D1 rows written', 'busy', 'rowsWritten', 'rows'),
    row(`after ${CHANGES} changes: D1 rows read`, 'changed', 'rowsRead', 'rows'),
    row(`after ${CHANGES} changes: D1 rows written`, 'changed', 'rowsWritten', 'rows'),
    row('the first after everybody came: D1 rows read', 'first', 'rowsRead', 'rows'),
    row('KV reads', 'calm', 'reads', 'reads'),
    row('KV lists', 'calm', 'lists', 'lists'),
  ];
}

/** How long one request takes, from its first byte out to the last one in, over a socket that stays open. */
function timed(
  agent: Agent,
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const { host } = new URL(PUBLIC_URL);
    request({ agent, host: '127.0.0.1', port, path, headers: { host, ...headers } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} answered ${response.statusCode}`));
      response.on('end', () => resolve(performance.now() - startedMs)).resume();
    })
      .on('error', reject)
      .end();
  });
}

type Ask = () => Promise<number>;

/** One of each in turn, so that whatever else the machine does hits both. */
async function inTurn(overview: Ask, bare: Ask) {
  for (let i = 0; i < WARM_UP; i += 1) {
    await overview();
    await bare();
  }
  const ms = { overview: [] as number[], bare: [] as number[] };
  for (let i = 0; i < SAMPLES; i += 1) {
    ms.overview.push(await overview());
    ms.bare.push(await bare());
  }
  return ms;
}

async function measureTimes(folder: string, people: number): Promise<Row[]> {
  const deployment = await openDeployment(folder);
  const { d1, product, cookie } = deployment;
  const { bare, bareD1 } = await openBare(folder, deployment);
  for (const database of [d1, bareD1]) await fillPeople(database, people);
  const [id = ''] = await userIds(bareD1);
  const agent = new Agent({ keepAlive: true });
  const overview = () => timed(agent, product.port, '/console', { cookie });
  const read = () => timed(agent, bare.port, `/people/${id}`, {});
  const rows: Row[] = [];
  const measureIn = async (state: string) => {
    const ms = await inTurn(overview, read);
    for (const percent of [50, 95]) {
      const [value, base] = [percentile(ms.overview, percent), percentile(ms.bare, percent)];
      rows.push({
        what: `overview, ${people} people, ${state}, p${percent}`,
        measured: { value, unit: 'ms' },
        base: { what: `bare Hono + one D1 row by id, p${percent}`, value: base, unit: 'ms' },
        ratio: value / base,
        samples: ms.overview.length,
      });
    }
    say(
      `${state}: p50 ${percentile(ms.overview, 50).toFixed(1)} ms, bare ${percentile(ms.bare, 50).toFixed(1)} ms`,
    );
  };
  await measureIn('calm');
  await hold(d1, 50);
  await writeLetters(d1, 20);
  await measureIn('50 held, 20 letters');
  return rows;
}

async function measure(temporary: string, sizes: readonly number[]): Promise<Figure> {
  const [few = 1_000, many = 100_000] = sizes;
  const small = await measureViews(`${temporary}/few`, few);
  const weights: PageWeight[] = await weighPages(small.deployment);
  say(`${weights.length} pages weighed`);
  await small.deployment.product.close();
  const large = await measureViews(`${temporary}/many`, many);
  await large.deployment.product.close();
  const times = await measureTimes(`${temporary}/timed`, many);
  return {
    rows: [...weightRows(weights), ...viewRows(small, large), ...times],
    markdown: weightMarkdown(weights),
  };
}

await runFigure((temporary) => measure(temporary, process.argv.slice(3).map(Number)));
