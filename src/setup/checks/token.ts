// Whether Google hands out access tokens, for each admin of the list; and if not, which of the many causes it is, as far as
// Google lets one tell: it answers `unauthorized_client` to several, so the doctor asks further questions.
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
import type { Config } from '../../config.ts';
import { GoogleApiError } from '../../google/errors.ts';
import type { Fetch } from '../../google/http.ts';
import {
  DIRECTORY_SCOPE,
  exchangeAssertion,
  type TokenSource,
} from '../../google/service-account.ts';
import { type Finding, failed, ok, type Paste, waiting } from '../finding.ts';
import { DELEGATION_MENU, DELEGATION_PAGE, delegationPaste, setVar } from './places.ts';
import { ADMIN_CODES, type Remedy, tokenRemedy } from './token-remedies.ts';

/** Scopes that are granted in place of ours by mistake. */
const CONFUSED_SCOPES = [
  'https://www.googleapis.com/auth/admin.directory.user',
  'https://www.googleapis.com/auth/admin.directory.group.readonly',
] as const;

interface TokensFound {
  finding: Finding;
  /** Acts as the first admin who gets a token; `null` if none does. */
  tokens: TokenSource | null;
}

interface TokenWorld {
  config: Config;
  fetch: Fetch;
  nowMs: () => number;
  /** Whether a rule names a group: then two scopes are to be delegated. */
  namesGroups: boolean;
}

/** Asks once, and keeps nothing: the token, or the refusal. */
export function askForToken(
  { config, fetch, nowMs }: Pick<TokenWorld, 'config' | 'fetch' | 'nowMs'>,
  subject: string | null,
  scope: string,
) {
  return exchangeAssertion({
    key: config.serviceAccount,
    subject,
    scopes: [scope],
    fetch,
    nowMs,
  }).then(
    ({ token }) => token,
    (error: unknown) => {
      if (error instanceof GoogleApiError) return error;
      throw error;
    },
  );
}

/** Tokens that were just given, and no others: a refusal of one is told and not repaired. */
export const given = (value: string, subject: string, issuedMs: number): TokenSource => ({
  accessToken: async () => ({ value, subject, issuedMs }),
  forget: () => {},
});

/** Delegation is refused: why. The service account itself needs none, so a token of its own proves key and account. */
async function whyNotDelegated(world: TokenWorld, admin: string): Promise<Remedy> {
  const key = world.config.serviceAccount;
  const own = await askForToken(world, null, DIRECTORY_SCOPE);
  if (own instanceof GoogleApiError) return tokenRemedy(world.config, own.code, own.remedy);
  const proven = 'The key and the service account are good';
  const again = 'Check again: a new entry holds after minutes, at the latest after 24 hours.';
  const paste: Paste[] = delegationPaste(key, world.namesGroups);
  for (const scope of CONFUSED_SCOPES) {
    if ((await askForToken(world, admin, scope)) instanceof GoogleApiError) continue;
    return {
      says: `${proven}, and domain-wide delegation exists, but for another scope: it has ${scope} and lacks ${DIRECTORY_SCOPE}.`,
      steps: [
        `Open ${DELEGATION_PAGE} (${DELEGATION_MENU}) as a super admin.`,
        'Choose the entry of the client ID below > Edit, and add the scope below exactly as it is.',
        again,
      ],
      paste,
    };
  }
  return {
    says: `${proven}, but Google refuses to let it act as ${admin} (unauthorized_client): domain-wide delegation is missing, was given to the account’s address in place of its numeric client ID, lacks the scope, or has not spread yet.`,
    steps: [
      `Open ${DELEGATION_PAGE} (${DELEGATION_MENU}) as a super admin.`,
      `Add new: paste the numeric client ID (not ${key.clientEmail}) and the scope, then Authorize. If an entry with that ID is there, edit it so that it has the scope.`,
      again,
    ],
    paste,
  };
}

/** Refused for one admin and granted for another: delegation is there, in the other one's organisation. */
const elsewhere = (admin: string, able: string): Remedy => ({
  says: `Google does not let the service account act as ${admin} (unauthorized_client), though it does as ${able}: ${admin} is of an organisation that has not granted it.`,
  steps: [`Name admins of one organisation only. ${setVar('GOOGLE_ADMIN_EMAIL')}`],
  paste: [],
});

/** @param able the admins who get tokens, by address; empty for none */
async function explain(
  world: TokenWorld,
  refused: readonly { admin: string; error: GoogleApiError }[],
  able: string,
): Promise<Remedy> {
  const found: Remedy[] = [];
  const told = new Set<string>();
  for (const { admin, error } of refused) {
    const { code } = error;
    const isAboutAdmin = ADMIN_CODES.has(code);
    // What is wrong with key, account or network is said once, whoever it was found with.
    if (!isAboutAdmin && told.has(code)) continue;
    told.add(code);
    if (code !== 'token-delegation')
      found.push(tokenRemedy(world.config, code, error.remedy, admin));
    else if (able !== '') found.push(elsewhere(admin, able));
    else found.push(await whyNotDelegated(world, admin));
  }
  return {
    says: found.map(({ says }) => says).join(' '),
    steps: [...new Set(found.flatMap(({ steps }) => steps))],
    paste: [
      ...new Map(found.flatMap(({ paste }) => paste).map((one) => [one.value, one])).values(),
    ],
  };
}

/** @param isClockWrong then a refusal of our assertion's time is the clock's, and nothing is said here */
export async function checkTokens(
  world: TokenWorld,
  isClockWrong: () => boolean,
): Promise<TokensFound> {
  const refused: { admin: string; error: GoogleApiError }[] = [];
  const good: { admin: string; token: string }[] = [];
  for (const admin of world.config.adminEmails) {
    const answer = await askForToken(world, admin, DIRECTORY_SCOPE);
    if (answer instanceof GoogleApiError) refused.push({ admin, error: answer });
    else good.push({ admin, token: answer });
  }
  const [first] = good;
  const tokens = first ? given(first.token, first.admin, world.nowMs()) : null;
  const able = good.map(({ admin }) => admin).join(', ');
  if (refused.length === 0)
    return { finding: ok('token', `For ${able}, with ${DIRECTORY_SCOPE}.`), tokens };
  if (refused.every(({ error }) => error.code === 'token-lifetime') && isClockWrong())
    return { finding: waiting('token', 'The clock comes first.'), tokens };
  const stumbled = refused.find(({ error }) => error.code === 'token-temporary');
  if (stumbled && refused.every(({ error }) => error.code === 'token-temporary')) {
    const says = `Google’s token endpoint stumbled (${stumbled.error.status}); that passes.`;
    return { finding: waiting('token', says, ['Check again in a minute.']), tokens };
  }
  const { says, steps, paste } = await explain(world, refused, able);
  const whole = able === '' ? says : `${says} Meanwhile ${able} gets tokens, and is used.`;
  return { finding: failed('token', whole, steps, paste), tokens };
}
