// The routes of API tokens: the list, making one, revoking one. A token stands in one answer and nowhere else.
import { Hono } from 'hono';
import { newApiToken } from '../api/tokens.ts';
import { keepApiToken, MAX_LIVE_TOKENS, readApiTokens, revokeApiToken } from '../db/api-tokens.ts';
import { formFields } from '../page/form-fields.ts';
import type { ConsoleEnv } from './access.ts';
import { act, actorOf, backTo, directoryOf, portsOf } from './act.ts';
import { type ConsoleContext, consolePage, Refused } from './page.tsx';
import { type MadeToken, TokensPage } from './pages/tokens.tsx';
import { TOKENS_PATH } from './paths.ts';
import { EMPTY_FIELDS, type TokenFields, tokenFormOf } from './token-form.ts';

const DAY_MS = 86_400_000;

const TOO_MANY = (
  <Refused>
    No token was made: {MAX_LIVE_TOKENS} are live, and there can be no more. Revoke one that nobody
    uses.
  </Refused>
);
const OVER = (
  <Refused>
    Nothing was done: that token is over already, or never was one of this directory. This is how
    they stand now.
  </Refused>
);

interface Shown {
  fields?: TokenFields;
  problems?: readonly string[];
  made?: MadeToken;
  word?: ReturnType<typeof Refused>;
  status?: 200 | 400 | 409;
}

async function tokensPage(c: ConsoleContext, shown: Shown = {}) {
  const { fields = EMPTY_FIELDS, problems = [], made = null, word, status = 200 } = shown;
  const { db, nowMs } = portsOf(c);
  const tokens = await readApiTokens(db, directoryOf(c), nowMs());
  return consolePage(c, {
    title: 'API tokens',
    here: TOKENS_PATH,
    status,
    ...(word === undefined ? {} : { word }),
    children: (
      <TokensPage tokens={tokens} fields={fields} problems={problems} made={made} nowMs={nowMs()} />
    ),
  });
}

async function make(c: ConsoleContext) {
  const { fields, problems } = tokenFormOf(await formFields(c.req));
  if (problems.length > 0) return tokensPage(c, { fields, problems, status: 400, word: <></> });
  const { db, nowMs, config } = portsOf(c);
  const { id, token, tokenHash } = await newApiToken();
  const { name, scopes, days } = fields;
  const madeMs = nowMs();
  const row = { id, directoryId: directoryOf(c), tokenHash, name, scopes, madeBy: actorOf(c) };
  const isKept = await act(
    c,
    'api-token.make',
    { token: id, scopes: scopes.join(' '), days: Number(days) },
    () => keepApiToken(db, { ...row, expiresMs: madeMs + Number(days) * DAY_MS }, madeMs),
    (kept) => (kept ? 'made' : 'too-many'),
  );
  if (!isKept) return tokensPage(c, { fields, status: 409, word: TOO_MANY });
  const usersUrl = new URL('/api/v1/users', config.publicUrl).href;
  return tokensPage(c, { made: { name, token, usersUrl }, word: <></> });
}

async function revoke(c: ConsoleContext) {
  const { id } = await formFields(c.req);
  if (typeof id !== 'string' || !/^[A-Za-z0-9]{16}$/.test(id))
    return tokensPage(c, { status: 409, word: OVER });
  const { db, nowMs } = portsOf(c);
  const isRevoked = await act(
    c,
    'api-token.revoke',
    { token: id },
    () => revokeApiToken(db, directoryOf(c), id, nowMs()),
    (revoked) => (revoked ? 'revoked' : 'over'),
  );
  if (!isRevoked) return tokensPage(c, { status: 409, word: OVER });
  return backTo(c, 'token-revoked', 0, TOKENS_PATH);
}

/** Everything under /console/tokens. */
export const tokens = new Hono<ConsoleEnv>()
  .get('/', (c) => tokensPage(c))
  .post('/', make)
  .post('/revoke', revoke);
