// Held removals for the operator: who waits, and the one word about all of them. A word names the hash of the list
// that was read, so that nobody is removed who was not on it.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type AppEnv, DEFAULT_DIRECTORY_ID } from '../config.ts';
import type { HeldRemoval } from '../db/held-removals.ts';
import {
  approveHeldRemovals,
  decisionEnded,
  readHeldRemovals,
  rejectHeldRemovals,
} from '../sync/held-removals.ts';
import { operatorAction } from '../sync/operator-action.ts';
import { syncPorts } from '../sync/ports.ts';
import { decision, describedDecision, describedList } from './held-removals-document.ts';
import { operatorOnly } from './operator.ts';
import { onlyAllow, refuse } from './refusal.ts';

const MAX_BODY_BYTES = 4 * 1024;

const portsOf = (c: Context<AppEnv>) => syncPorts(c.env, c.get('config'));

function shown({
  userId,
  email,
  fullName,
  status,
  isAdmin,
  orgUnitPath,
  reason,
  sinceMs,
}: HeldRemoval) {
  const since = new Date(sinceMs).toISOString();
  return {
    userId,
    email,
    name: fullName,
    status,
    isAdmin: isAdmin === 1,
    orgUnitPath,
    reason,
    since,
  };
}

const notAHash = (c: Context<AppEnv>) =>
  refuse(c, 400, 'invalid', 'Send {"hash":"…"}, as the list came with it.');

const limited = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: notAHash });

/** Says one word about everybody on the list that the hash in the body names. */
const decide =
  (name: 'approved' | 'rejected', say: typeof approveHeldRemovals) =>
  async (c: Context<AppEnv>): Promise<Response> => {
    const body = decision.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return notAHash(c);
    const ports = portsOf(c);
    const decided = await operatorAction(
      ports,
      {
        directoryId: DEFAULT_DIRECTORY_ID,
        actor: 'operator-token',
        action: `held-removals.${name === 'approved' ? 'approve' : 'reject'}`,
        detail: {},
        requestId: c.get('requestId'),
      },
      () => say(ports, DEFAULT_DIRECTORY_ID, body.data.hash),
      decisionEnded,
    );
    if (decided.kind === 'decided') return c.json({ [name]: decided.count });
    return refuse(c, 409, 'list-changed', 'The list is another one by now; read it again.');
  };

/** Everything under /api/v1/held-removals. */
export const heldRemovals = new Hono<AppEnv>()
  .use(operatorOnly)
  .get('/', describedList, async (c) => {
    const { removals, hash } = await readHeldRemovals(portsOf(c), DEFAULT_DIRECTORY_ID);
    return c.json({ heldRemovals: removals.map(shown), count: removals.length, hash });
  })
  .all('/', onlyAllow('GET, HEAD'))
  .post('/approve', describedDecision('approved'), limited, decide('approved', approveHeldRemovals))
  .all('/approve', onlyAllow('POST'))
  .post('/reject', describedDecision('rejected'), limited, decide('rejected', rejectHeldRemovals))
  .all('/reject', onlyAllow('POST'));
