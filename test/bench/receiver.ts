// How many pushes a second the receiver takes, held against a bare Hono route that answers 204 to the same
// POST on the same stack, in alternating rounds. A second base uses the same bindings and nothing else: the
// local stand-ins of rate limit and queue cost more than the bare request.
//
// Included: everything the route does (HMAC, body, rate limit, log line, queue send) and the queue taking the
// message in. Not included: the consumer. In production it runs elsewhere; here it would take this machine's
// processor from the receiver. So the queue holds every message back for an hour (`delivery_delay`).
import { createGoogle } from '../google/google.ts';
import { type Row, runFigure, say } from './figure.ts';
import { startHarness } from './harness.ts';
import { drive, postBytes } from './http-load.ts';
import { makePushes } from './pushes.ts';
import { makeVars, writeBareConfig, writeProductConfig } from './settings.ts';
import { median } from './statistics.ts';

const PEOPLE = 5_000;
const CONNECTIONS = 16;
const ROUNDS = 9;
const ROUND_MS = 1_000;
const WARM_UP_MS = 1_500;
/**
 * The local queue keeps a timer for each message it holds back, and workerd allows 10,000: beyond that a send
 * fails. A quick machine gets there, so the rounds end before.
 */
const MAX_HELD = 8_500;

async function measure(temporary: string): Promise<Row[]> {
  // The host that requests name; where the harness listens is its own choice.
  const publicUrl = 'http://localhost:8787';
  // Nobody asks this Google anything; it makes the key file and the people.
  const google = await createGoogle({ seed: false });
  const people = google.workspace.addMany(PEOPLE);
  const { adminEmail } = google.workspace;
  const { serviceAccountKey } = google;
  const vars = makeVars({ publicUrl, googleUrl: publicUrl, adminEmail, serviceAccountKey });

  const [folder, bareFolder] = [`${temporary}/rollcall`, `${temporary}/bare`];
  const config = writeProductConfig(folder, [
    [/^queue = "rollcall-changes"$/m, 'queue = "rollcall-changes"\ndelivery_delay = 3600'],
  ]);
  // One after the other: two builds at once on two cores take longer than both.
  const { port } = await startHarness(config, vars);
  const { port: barePort } = await startHarness(writeBareConfig(bareFolder));

  const pushes = await makePushes({ publicUrl, appSecret: vars.APP_SECRET }, people);
  const route = (at: number, path: string) => {
    const bytes = pushes.map(({ headers, body }) =>
      postBytes(new URL(publicUrl).host, path, headers, body),
    );
    let i = 0;
    const next = () => bytes[i++ % bytes.length] as Buffer;
    return (durationMs: number) =>
      drive({ port: at, next, connections: CONNECTIONS, durationMs, status: 204 });
  };
  const routes = {
    receiver: route(port, '/google/notifications'),
    bare: route(barePort, '/google/notifications'),
    bindings: route(barePort, '/bindings'),
  };
  const held = { receiver: 0, bare: 0, bindings: 0 };
  for (const name of ['receiver', 'bare', 'bindings'] as const) {
    held[name] += (await routes[name](WARM_UP_MS)).answers;
  }

  const rounds: Record<keyof typeof routes, number>[] = [];
  let answers = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const perSecond = { receiver: 0, bare: 0, bindings: 0 };
    // Back and forth, so that a machine that grows slower or faster wrongs nobody.
    const order = ['bare', 'receiver', 'bindings'] as const;
    for (const name of round % 2 === 0 ? order : order.toReversed()) {
      const load = await routes[name](ROUND_MS);
      perSecond[name] = load.perSecond;
      held[name] += load.answers;
      if (name === 'receiver') answers += load.answers;
    }
    rounds.push(perSecond);
    if (Math.max(held.receiver, held.bindings) > MAX_HELD) break;
    const { receiver, bare, bindings } = perSecond;
    say(
      `${Math.round(receiver)} requests/s; bare ${Math.round(bare)}; bare with the same bindings ${Math.round(bindings)}`,
    );
  }
  const row = (base: 'bare' | 'bindings', what: string): Row => ({
    what: `POST /google/notifications, ${CONNECTIONS} connections, ${rounds.length} rounds`,
    measured: { value: median(rounds.map(({ receiver }) => receiver)), unit: 'requests/s' },
    base: { what, value: median(rounds.map((round) => round[base])), unit: 'requests/s' },
    ratio: median(rounds.map((round) => round.receiver / round[base])),
    samples: answers,
  });
  return [row('bare', 'bare Hono 204'), row('bindings', 'bare Hono + limit, send, log line')];
}

await runFigure(measure);
