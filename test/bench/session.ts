// How many times a second the product says who is signed in, with 10,000 people and as many live sessions in D1, held
// against a bare Hono route that reads one of the same 10,000 people by their id from a database with the same tables,
// in alternating rounds. Each request is about the next of all of them.
//
// Included: everything the route does (configuration, headers, cookie, SHA-256, one query that reads the session and
// the person, JSON). Both databases are local ones: in production the way to D1 is added to both sides alike.
import { serveGoogle } from '../google/server.ts';
import { type Row, runFigure, say } from './figure.ts';
import { type Harnessed, startHarness } from './harness.ts';
import { drive, getBytes } from './http-load.ts';
import { copyTable, hire, importPeople, startSessions, userIds } from './people.ts';
import { makeVars, writeBareConfig, writeProductConfig } from './settings.ts';
import { median, percentile } from './statistics.ts';

const PEOPLE = 10_000;
const CONNECTIONS = 16;
/** Many short ones: whatever else the machine does hits both sides of most pairs alike. */
const ROUNDS = 25;
const ROUND_MS = 500;
const WARM_UP_MS = 2_000;

async function measure(temporary: string): Promise<Row[]> {
  // The host that requests name; where the harness listens is its own choice.
  const publicUrl = 'http://localhost:8787';
  const { url, google } = await serveGoogle({ port: 0, seed: false });
  hire(google.workspace, PEOPLE);
  const vars = makeVars({
    publicUrl,
    googleUrl: url,
    adminEmail: google.workspace.adminEmail,
    serviceAccountKey: google.serviceAccountKey,
  });
  // No channels: nobody listens for their pushes.
  const config = writeProductConfig(`${temporary}/rollcall`);
  const product = await startHarness(config, { ...vars, CHANNEL_EVENTS: '' });
  const productD1 = await importPeople(product, PEOPLE);
  const ids = await userIds(productD1);
  const tokens = await startSessions(productD1, ids);
  say(`${tokens.size} people, each with a session`);

  const bare = await startHarness(writeBareConfig(`${temporary}/bare`));
  await bare.worker.applyD1Migrations('DB');
  const { DB: bareD1 } = await bare.worker.getEnv();
  for (const table of ['directories', 'users']) await copyTable(productD1, bareD1, table);

  const { host } = new URL(publicUrl);
  const route = ({ port }: Harnessed, bytes: readonly Buffer[]) => {
    let i = 0;
    const next = () => bytes[i++ % bytes.length] as Buffer;
    return (durationMs: number) =>
      drive({ port, next, connections: CONNECTIONS, durationMs, status: 200 });
  };
  const routes = {
    session: route(
      product,
      ids.map((id) => getBytes(host, '/auth/session', { cookie: `session=${tokens.get(id)}` })),
    ),
    bare: route(
      bare,
      ids.map((id) => getBytes(host, `/people/${id}`, {})),
    ),
  };
  const [id = ''] = ids;
  await checkAnswers(host, product, bare, id, tokens.get(id) ?? '');
  for (const name of ['session', 'bare'] as const) await routes[name](WARM_UP_MS);

  const rounds: Record<keyof typeof routes, number>[] = [];
  let answers = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const perSecond = { session: 0, bare: 0 };
    // Back and forth, so that a machine that grows slower or faster wrongs nobody.
    const order = ['bare', 'session'] as const;
    for (const name of round % 2 === 0 ? order : order.toReversed()) {
      const load = await routes[name](ROUND_MS);
      perSecond[name] = load.perSecond;
      if (name === 'session') answers += load.answers;
    }
    rounds.push(perSecond);
    say(`${Math.round(perSecond.session)} requests/s; bare ${Math.round(perSecond.bare)}`);
  }
  return rowsOf(rounds, answers);
}

/** Both say who it is, in about as many bytes. */
async function checkAnswers(
  host: string,
  product: Harnessed,
  bare: Harnessed,
  id: string,
  token: string,
): Promise<void> {
  const signedIn = await product.worker.fetch(`http://${host}/auth/session`, {
    headers: { cookie: `session=${token}` },
  });
  const read = await bare.worker.fetch(`http://${host}/people/${id}`);
  const [session, person] = [await signedIn.text(), await read.text()];
  const idOf = (text: string) => (JSON.parse(text) as { user?: { id: string } }).user?.id;
  if (idOf(session) !== id || idOf(person) !== id) throw new Error(`${session} ${person}`);
  say(`bodies of ${session.length} bytes; bare ${person.length}`);
}

function rowsOf(rounds: readonly { session: number; bare: number }[], answers: number): Row[] {
  const ratios = rounds.map(({ session, bare }) => session / bare);
  const what = `GET /auth/session, ${PEOPLE} sessions, ${CONNECTIONS} connections`;
  const bareWhat = 'bare Hono + one D1 row by id';
  const ofRound = (name: string, ratio: number): Row => {
    const { session = 0, bare = 0 } = rounds[ratios.indexOf(ratio)] ?? {};
    return {
      what: `${name} of ${rounds.length} rounds`,
      measured: { value: session, unit: 'requests/s' },
      base: { what: bareWhat, value: bare, unit: 'requests/s' },
      ratio,
      samples: 1,
    };
  };
  return [
    {
      what: `${what}, median of ${rounds.length} rounds`,
      measured: { value: median(rounds.map(({ session }) => session)), unit: 'requests/s' },
      base: { what: bareWhat, value: median(rounds.map(({ bare }) => bare)), unit: 'requests/s' },
      ratio: median(ratios),
      samples: answers,
    },
    ofRound('the round at the lower quartile', percentile(ratios, 25)),
    ofRound('the round at the upper quartile', percentile(ratios, 75)),
  ];
}

await runFigure(measure);
