// The product with one of its rules broken, to show that the simulator would notice. Each is a text that occurs
// exactly once in one file of the product, and what stands there instead; nothing is changed on disk.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are texts of the product's source
import type { WorldName } from './history.ts';
import { ROLE_MUTANTS } from './role-mutants.ts';

export interface Edit {
  file: string;
  from: string;
  to: string;
}

export interface Mutant {
  edits: readonly Edit[];
  /** The cheapest world that finds it, and the seed of a batch that does so soon. */
  world: WorldName;
  seed: number;
}

const USERS = 'src/db/users.ts';
const LOOK = 'src/sync/look.ts';
const CONSUME = 'src/sync/consume.ts';
const PASS = 'src/sync/reconcile.ts';
const PAGES = 'src/sync/pass-pages.ts';
const GUARD = 'src/db/removal-guard.ts';
const SIGN_IN = 'migrations/0002_sign_in.sql';

type Place = WorldName | readonly [world: WorldName, seed: number];

const one = (place: Place, ...edits: [file: string, from: string, to: string][]): Mutant => ({
  world: typeof place === 'string' ? place : place[0],
  seed: typeof place === 'string' ? 1 : place[1],
  edits: edits.map(([file, from, to]) => ({ file, from, to })),
});

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  ...ROLE_MUTANTS,
  'ticket check off': one(
    'there-and-back',
    [USERS, 'AND excluded.ticket > users.written\n', '\n'],
    [GUARD, ' AND ?3 > ${users}.written AND', ' AND'],
    [USERS, 'OR ?3 <= u.written THEN iif', 'THEN iif'],
  ),
  'ticket after the read': one(
    'there-and-back',
    [
      LOOK,
      'const ticket = await ticketFor(ports, directoryId, pushMs);',
      `const early = await ticketFor(ports, directoryId, pushMs);
       const readFirst = early && await getPeople(ports, due.slice(0, MAX_CALLS - callsSoFar()).map(({ person }) => person.id), early, startedMs);
       const ticket = await ticketFor(ports, directoryId, pushMs);`,
    ],
    [
      LOOK,
      'const answers = await getPeople(ports, ids, ticket, startedMs);',
      'const answers = readFirst ?? new Map();',
    ],
  ),
  'written is the own ticket': one(
    'there-and-back',
    [USERS, "value->>'$.words', ?3, d.ticket,", "value->>'$.words', ?3, ?3,"],
    [
      USERS,
      'UPDATE users SET ticket = ?3, written = d.ticket FROM',
      'UPDATE users SET ticket = ?3, written = ?3 FROM',
    ],
  ),
  'lost looks dropped': one(
    ['general', 8],
    [
      LOOK,
      "if (row === undefined || row.outcome === 'lost') continue;",
      'if (row === undefined) continue;',
    ],
  ),
  'looks without a stamp': one(
    ['there-and-back', 31],
    [USERS, '          bind(STAMP),\n', "          bind('SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7'),\n"],
  ),
  'list changes a known row': one(
    'general',
    [
      PAGES,
      'const unknown = new Set(\n',
      'const unknown = new Set(page.users.map(({ id }) => id));\n  new Set(\n',
    ],
    [PAGES, 'if (!begun.isImport && before', 'if (begun.ticket < 0 && before'],
    [PAGES, 'nowMs: ports.nowMs(), insertOnly: true }', 'nowMs: ports.nowMs() }'],
  ),
  'page insert that overwrites': one(
    ['there-and-back', 8],
    [
      USERS,
      'ON CONFLICT (id) DO NOTHING`',
      'ON CONFLICT (id) DO UPDATE SET ${MAPPED.map(([column]) => `${column} = excluded.${column}`).join(", ")}, ticket = excluded.ticket, written = excluded.written, deleted_ms = NULL`',
    ],
  ),
  'tombstone without a second look': one('general', [
    'src/sync/denial.ts',
    "return known.written < denial.earlierTicket ? 'gone' : 'look-again';",
    "return 'gone';",
  ]),
  '404 judged by the event alone': one('general', [
    'src/sync/denial.ts',
    '  if (!isExpected && nowMs',
    "  if (denial.wasAnnounced) return 'gone';\n  if (nowMs",
  ]),
  'acknowledged before applied': one('general', [
    CONSUME,
    '  const people = fold(hints);',
    '  for (const { message } of hints) message.ack();\n  const people = fold(hints);',
  ]),
  'session guard off': one('general', [
    SIGN_IN,
    'CREATE TRIGGER sessions_need_an_active_user BEFORE INSERT ON sessions\nWHEN NOT EXISTS',
    'CREATE TRIGGER sessions_need_an_active_user BEFORE INSERT ON sessions\nWHEN 0 AND NOT EXISTS',
  ]),
  'session death off': one(
    ['general', 2],
    [SIGN_IN, '  DELETE FROM sessions WHERE user_id = NEW.id;', '  SELECT 1;'],
  ),
  'sign-in decides by what it read': one(
    ['general', 25],
    [
      'src/db/sessions.ts',
      "SELECT ?2, directory_id, id, 'page', ?3, ?4 FROM users WHERE id = ?1 AND status = 'active'\n           RETURNING",
      "SELECT ?2, 'default', ?1, 'page', ?3, ?4 WHERE ?5 = 'default' OR EXISTS (SELECT 1 FROM users WHERE id = ?1 AND status = 'active')\n           RETURNING",
    ],
    [
      'src/db/sessions.ts',
      '.bind(userId, tokenHash, nowMs, expiresMs),',
      '.bind(userId, tokenHash, nowMs, expiresMs, (session as any).decided ?? null),',
    ],
    [
      'src/sso/admission.ts',
      'async function start(ports: SsoPorts, arrival: Arrival)',
      'async function start(ports: SsoPorts, arrival: Arrival, decided: string | null = null)',
    ],
    [
      'src/sso/admission.ts',
      '      replaces: presented',
      '      ...({ decided } as object),\n      replaces: presented',
    ],
    [
      'src/sso/admission.ts',
      "  if (conclusion.applied.outcome === 'unstorable')",
      "  if (!conclusion.isGone) return start(ports, { claims: { sub: userId, hostedDomain: null, isEmailVerified: true }, presented: null, challenge: null }, directoryId);\n  if (conclusion.applied.outcome === 'unstorable')",
    ],
  ),
  'event trigger off': one('general', [
    'migrations/0001_people.sql',
    'CREATE TRIGGER users_changed AFTER UPDATE ON users\nWHEN (',
    'CREATE TRIGGER users_changed AFTER UPDATE ON users\nWHEN 0 AND (',
  ]),
  'no second look while get lags': one('pushes-alone', [
    'src/sync/hint-outcome.ts',
    'unchanged: [30_000],',
    'unchanged: [],',
  ]),
  'floor never raised': one(
    ['there-and-back', 11],
    [
      'src/db/directories.ts',
      '.set({ ticket: sql`${directories.ticket} + 1`, floor: sql`${directories.ticket} + 1` })',
      '.set({ ticket: sql`${directories.ticket} + 1` })',
    ],
  ),
  'floor raised at the end': one(
    ['there-and-back', 14],
    [
      'src/db/directories.ts',
      '.set({ ticket: sql`${directories.ticket} + 1`, floor: sql`${directories.ticket} + 1` })',
      '.set({ ticket: sql`${directories.ticket} + 1` })',
    ],
    [
      PASS,
      '  const { failure } = progress;\n  const { directoryId } = pass;\n  const outcome',
      "  const { failure } = progress;\n  await ports.db.d1.prepare('UPDATE directories SET floor = ?2 WHERE id = ?1').bind(pass.directoryId, begun?.ticket ?? 0).run();\n  const { directoryId } = pass;\n  const outcome",
    ],
  ),
  'held removals approved without looking': one(
    ['held', 2],
    [
      'src/sync/held-removals.ts',
      "const asked = await sendHints(ports, directoryId, 'operator', toAsk);",
      'const asked = 0; if (toAsk.length > 0) await ports.db.d1.prepare("UPDATE users SET status = \'deleted\', deleted_ms = ?1, changed_ms = ?1 WHERE id IN (SELECT value FROM json_each(?2))").bind(nowMs, JSON.stringify(decided)).run();',
    ],
  ),
  'guard for passes only': one(
    ['held', 3],
    [
      USERS,
      'if (someGone && !look.insertOnly)',
      'if (someGone && !look.insertOnly && observations.json.includes(\'"cause":"reconcile"\'))',
    ],
  ),
};
