// How Google says that it does not take an OAuth client, and what to do about each way. The word stands in a page, in a
// redirect's `error`, or in its `authError`: base64 of a few fields, the word before a sentence for people.
import type { Paste } from '../finding.ts';
import { OAUTH_CLIENTS_PAGE, setVar } from './places.ts';

/** https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors */
const WORDS = [
  'redirect_uri_mismatch',
  'deleted_client',
  'disabled_client',
  'invalid_client',
  'org_internal',
  'admin_policy_enforced',
  'unauthorized_client',
  'disallowed_useragent',
  'invalid_scope',
  'invalid_request',
  'access_denied',
] as const;

const wordIn = (text: string) =>
  WORDS.find((word) => new RegExp(`(?<![a-z_])${word}(?![a-z_])`).test(text)) ?? null;

function decoded(base64: string): string {
  try {
    return atob(base64.replaceAll(/[ -]/g, '+').replaceAll('_', '/').replace(/=+$/, ''));
  } catch {
    // Not base64: then it is nothing that we know.
    return '';
  }
}

/**
 * Google's word for why it does not go on; `null` if there is none.
 *
 * @param redirect where Google sends the browser; `null` for a page
 * @param page the text of an answer that is no success
 */
export function refusalIn(redirect: URL | null, page: string): string | null {
  const { searchParams } = redirect ?? new URL('https://accounts.google.com');
  return (
    wordIn(searchParams.get('error') ?? '') ??
    wordIn(decoded(searchParams.get('authError') ?? '')) ??
    wordIn(page)
  );
}

export interface OAuthProblem {
  says: string;
  steps: readonly string[];
  paste: readonly Paste[];
}

interface Client {
  clientId: string;
  redirectUri: string;
}

const setSecret: Paste = {
  label: 'Command',
  value: 'npx wrangler secret put GOOGLE_CLIENT_SECRET',
};

function unknownClient({ clientId }: Client): OAuthProblem {
  return {
    says: 'Google knows no OAuth client of the ID in GOOGLE_CLIENT_ID (invalid_client).',
    steps: [
      `Open ${OAUTH_CLIENTS_PAGE} in the right project, copy the Client ID of the Web application, which ends in .apps.googleusercontent.com. ${setVar('GOOGLE_CLIENT_ID')}`,
    ],
    paste: [{ label: 'What is set now', value: clientId }],
  };
}

const wrongSecret: OAuthProblem = {
  says: 'Google does not take the client secret in GOOGLE_CLIENT_SECRET (invalid_client).',
  steps: [
    `Open ${OAUTH_CLIENTS_PAGE}, choose the client, Add secret, and copy it: Google shows it once.`,
    'Set it with the command below (locally in .dev.vars), and check again.',
  ],
  paste: [setSecret],
};

/** @param from `page`: the authorization endpoint, which sees no secret; `token`: the token endpoint, which does */
export function clientProblem(code: string, from: 'page' | 'token', client: Client): OAuthProblem {
  const clientId: Paste = { label: 'Client ID', value: client.clientId };
  switch (code) {
    case 'redirect_uri_mismatch':
      return {
        says: 'The address to which people come back is not registered with the OAuth client (redirect_uri_mismatch).',
        steps: [
          `Open ${OAUTH_CLIENTS_PAGE}, choose the client with the ID below, and under Authorized redirect URIs add the URI below, to the letter. Save.`,
          'It holds after 5 minutes, at the latest after a few hours. Then check again.',
        ],
        paste: [{ label: 'Authorized redirect URI', value: client.redirectUri }, clientId],
      };
    case 'invalid_client':
      return from === 'page' ? unknownClient(client) : wrongSecret;
    case 'deleted_client':
      return {
        says: 'The OAuth client was deleted (deleted_client).',
        steps: [
          `Restore it within 30 days at ${OAUTH_CLIENTS_PAGE} (Deleted credentials), or create another of type Web application with the redirect URI below, and set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET anew.`,
        ],
        paste: [clientId, { label: 'Authorized redirect URI', value: client.redirectUri }],
      };
    case 'disabled_client':
      return {
        says: 'The OAuth client was disabled (disabled_client).',
        steps: [`Enable it, or its project, at ${OAUTH_CLIENTS_PAGE}.`],
        paste: [clientId],
      };
    case 'org_internal':
      return {
        says: 'The app is internal to another organisation (org_internal).',
        steps: [
          'Create the client in a project of the organisation whose people sign in, or open https://console.cloud.google.com/auth/audience in its project and choose External.',
        ],
        paste: [clientId],
      };
    case 'admin_policy_enforced':
      return {
        says: 'An admin of the organisation blocks the app (admin_policy_enforced).',
        steps: [
          'Open https://admin.google.com/ac/owl/list?tab=configuredApps as a super admin, Configure new app, paste the client ID, and choose Trusted.',
        ],
        paste: [clientId],
      };
    case 'unauthorized_client':
      return {
        says: 'Google does not let this client sign people in (unauthorized_client): it is not of type Web application.',
        steps: [`Create a client of type Web application at ${OAUTH_CLIENTS_PAGE}.`],
        paste: [{ label: 'Authorized redirect URI', value: client.redirectUri }],
      };
    default:
      return {
        says: `Google refuses the sign-in: ${code}.`,
        steps: [
          `Open ${OAUTH_CLIENTS_PAGE} and compare the client with what is below; see that the app’s branding and audience are filled in.`,
        ],
        paste: [clientId, { label: 'Authorized redirect URI', value: client.redirectUri }],
      };
  }
}
