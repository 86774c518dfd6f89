// The page at /console/tokens: the directory's API tokens, the form that makes one, and, once, a token that was just made.
import { stateOf, type TokenState } from '../../api/tokens.ts';
import type { ListedApiToken } from '../../db/api-tokens.ts';
import { TOKEN_SCOPES, type TokenScope } from '../../db/api-tokens.ts';
import { CopyValues } from '../../page/copy-value.tsx';
import { Moment } from '../../page/moment.tsx';
import { Listing } from '../components/listing.tsx';
import { REVOKE_PATH, TOKENS_PATH } from '../paths.ts';
import { LONGEST_NAME, TOKEN_DAYS, type TokenFields } from '../token-form.ts';

const SCOPES: Readonly<Record<TokenScope, string>> = {
  'users:read': 'People: who they are, their roles and why they have them',
  'events:read': 'Events: what happened to people, and when',
  'passes:read': 'Passes: how the comparison with Google went',
};

/** A token in the only moment in which it is known here. */
export interface MadeToken {
  name: string;
  token: string;
  /** Of an address to try it with. */
  usersUrl: string;
}

interface TokensPageProps {
  tokens: readonly ListedApiToken[];
  fields: TokenFields;
  problems: readonly string[];
  made: MadeToken | null;
  nowMs: number;
}

function Made({ made }: { made: MadeToken }) {
  const values = [
    { label: 'The token', value: made.token },
    { label: 'To try it', value: `curl -H "Authorization: Bearer $TOKEN" ${made.usersUrl}` },
  ];
  return (
    <section class="card good" aria-labelledby="made">
      <h2 id="made">The token is made</h2>
      <p>
        Copy that of <bdi>{made.name}</bdi> now: it is shown this once. Rollcall keeps only a hash
        of it, and nobody can read it afterwards.
      </p>
      <CopyValues prefix="made" values={values} />
      <p class="actions">
        <a class="button" href={TOKENS_PATH}>
          I have it
        </a>
      </p>
    </section>
  );
}

const TAGS: Readonly<Record<TokenState, readonly [kind: string, word: string]>> = {
  live: ['good', 'live'],
  suspended: ['wait', 'suspended'],
  expired: ['', 'expired'],
  revoked: ['', 'revoked'],
};

function State({ state }: { state: TokenState }) {
  const [kind, word] = TAGS[state];
  return (
    <>
      <span class={`tag ${kind}`}>{word}</span>
      {state === 'suspended' && <small>whoever made it may no longer open the console</small>}
    </>
  );
}

function Revoke({ token }: { token: ListedApiToken }) {
  return (
    <form method="post" action={REVOKE_PATH}>
      <input type="hidden" name="id" value={token.id} />
      <button class="grave tiny" type="submit">
        Revoke
        <span class="unseen">
          {' '}
          <bdi>{token.name}</bdi>
        </span>
      </button>
    </form>
  );
}

function Row({ token, nowMs }: { token: ListedApiToken; nowMs: number }) {
  const state = stateOf(token, nowMs);
  const isOver = state === 'expired' || state === 'revoked';
  return (
    <tr>
      <td>
        <bdi>{token.name}</bdi>
        <small>rollcall_{token.id}_…</small>
      </td>
      <td>
        {(JSON.parse(token.scopes) as string[]).map((scope) => (
          <>
            <span class="tag">{scope}</span>{' '}
          </>
        ))}
      </td>
      <td>
        <bdi>{token.madeByName || token.madeBy}</bdi>
        <small>
          <Moment ms={token.madeMs} />
        </small>
      </td>
      <td>
        <Moment ms={token.expiresMs} />
      </td>
      <td>{token.usedMs === null ? 'never' : <Moment ms={token.usedMs} />}</td>
      <td>
        <State state={state} />
      </td>
      <td>{isOver ? null : <Revoke token={token} />}</td>
    </tr>
  );
}

const COLUMNS = ['Name', 'May read', 'Made by', 'Expires', 'Last used', 'State', 'Action'];

function Make({ fields, problems }: Pick<TokensPageProps, 'fields' | 'problems'>) {
  return (
    <section aria-labelledby="make">
      <h2 id="make">Make a token</h2>
      {problems.length > 0 && (
        <div class="said bad" role="alert">
          <p>No token was made:</p>
          <ul>
            {problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <form method="post" action={TOKENS_PATH} class="card stack-form">
        <label class="field">
          <span>Name: which system will use it</span>
          <input
            type="text"
            name="name"
            value={fields.name}
            placeholder="Payroll"
            maxlength={LONGEST_NAME}
            required
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <fieldset>
          <legend>What it may read</legend>
          {TOKEN_SCOPES.map((scope) => (
            <div class="choice">
              <label class="check">
                <input
                  type="checkbox"
                  name="scope"
                  value={scope}
                  checked={fields.scopes.includes(scope)}
                />
                <span>
                  {SCOPES[scope]} <code>{scope}</code>
                </span>
              </label>
            </div>
          ))}
        </fieldset>
        <label class="field">
          <span>It ends after</span>
          <select name="days">
            {TOKEN_DAYS.map((days) => (
              <option value={days} selected={fields.days === days}>
                {days} days
              </option>
            ))}
          </select>
        </label>
        <p class="actions">
          <button class="main" type="submit">
            Make the token
          </button>
        </p>
      </form>
    </section>
  );
}

/** What stands in <main>. */
export function TokensPage({ tokens, fields, problems, made, nowMs }: TokensPageProps) {
  return (
    <>
      <header class="page">
        <div>
          <h1>API tokens</h1>
          <p class="lead">
            With a token another system reads people, events and passes of this directory, as{' '}
            <a href="/api/v1/openapi.json">OpenAPI</a> says. It borrows the right of whoever made
            it: while they may not open this console, it opens nothing.
          </p>
        </div>
      </header>
      {made && <Made made={made} />}
      <section aria-labelledby="tokens">
        <h2 id="tokens">Tokens</h2>
        {tokens.length === 0 ? (
          <p class="nothing">There is none yet.</p>
        ) : (
          <Listing label="API tokens" columns={COLUMNS}>
            {tokens.map((token) => (
              <Row token={token} nowMs={nowMs} />
            ))}
          </Listing>
        )}
      </section>
      <Make fields={fields} problems={problems} />
    </>
  );
}
