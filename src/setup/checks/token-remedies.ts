// What to do about each refusal of Google's token endpoint. Which refusal it is, google/token-errors.ts says.
import type { Config } from '../../config.ts';
import type { Paste } from '../finding.ts';
import {
  APP_ACCESS_PAGE,
  inProject,
  NEW_KEY_PASTE,
  newKeySteps,
  serviceAccountsPage,
  setVar,
  USERS_PAGE,
} from './places.ts';

export interface Remedy {
  says: string;
  steps: readonly string[];
  paste: readonly Paste[];
}

/** Refusals that are about the admin who is acted as, and may be different for the next one. */
export const ADMIN_CODES: ReadonlySet<string> = new Set([
  'token-admin-unknown',
  'token-admin-deleted',
  'token-admin-malformed',
  'token-invalid-account',
  'token-invalid-grant',
]);

const another = (admin: string) =>
  `Name an active admin of this organisation in place of ${admin}. ${setVar('GOOGLE_ADMIN_EMAIL')}`;

type Explain = (
  config: Config,
  admin: string,
) => Omit<Remedy, 'paste'> & { paste?: readonly Paste[] };

const newKey =
  (says: string): Explain =>
  ({ serviceAccount }) => ({ says, steps: newKeySteps(serviceAccount), paste: NEW_KEY_PASTE });

/** Disabled or deleted: Google's word for the account, and for its project. */
const account =
  (state: 'disabled' | 'deleted'): Explain =>
  ({ serviceAccount }) => {
    const { clientEmail } = serviceAccount;
    const isDeleted = state === 'deleted';
    return {
      says: `The service account ${clientEmail} or its Cloud project is ${state}.`,
      steps: [
        `Open ${serviceAccountsPage(serviceAccount)} and ${isDeleted ? `see whether ${clientEmail} and its project are still there; a deleted project can be restored for 30 days` : `enable ${clientEmail}; if it is enabled, see that the project is not shut down`}.`,
        isDeleted
          ? 'If the account is gone: create a service account with a JSON key, set the key as GOOGLE_SERVICE_ACCOUNT_KEY, and give its new client ID domain-wide delegation.'
          : 'Check again.',
      ],
    };
  };

const unreachable: Explain = ({ serviceAccount }) => ({
  says: `${new URL(serviceAccount.tokenUri).host} gave no answer.`,
  steps: [
    'See whether this machine reaches it: firewall, DNS, proxy. Node uses a proxy only with NODE_USE_ENV_PROXY=1 and HTTPS_PROXY set.',
    'See that token_uri in GOOGLE_SERVICE_ACCOUNT_KEY is as in the downloaded file.',
    'Deployed, it is a stumble of the network: check again in a minute.',
  ],
});

const REMEDIES: Readonly<Record<string, Explain>> = {
  'token-signature': newKey(
    'Google does not accept the key’s signature: the key was deleted or disabled, or has expired.',
  ),
  'token-account-not-found': account('deleted'),
  'token-client-deleted': account('deleted'),
  'token-client-disabled': account('disabled'),
  'token-client-invalid': account('disabled'),
  'token-issuer': newKey(
    'GOOGLE_SERVICE_ACCOUNT_KEY is the key of something else than a service account.',
  ),
  'token-admin-unknown': (_, admin) => ({
    says: `${admin} is unknown to Google in this organisation, or suspended.`,
    steps: [
      `Look the admin up at ${USERS_PAGE}: correct a misspelt address, or reactivate a suspended account.`,
      another(admin),
    ],
  }),
  'token-admin-deleted': (_, admin) => ({
    says: `${admin} has been deleted.`,
    steps: [
      another(admin),
      `Or restore the account at ${USERS_PAGE} (Recently deleted), within 20 days.`,
    ],
  }),
  'token-admin-malformed': (_, admin) => ({
    says: `${admin} is no address that Google can act as, or the account is long gone.`,
    steps: [another(admin)],
  }),
  'token-invalid-account': (_, admin) => ({
    says: `Google does not let anybody act as ${admin}.`,
    steps: [
      `Sign in once as ${admin} and accept the terms, if that was never done.`,
      another(admin),
    ],
  }),
  'token-invalid-grant': (_, admin) => ({
    says: `Google refuses to act as ${admin}, and gives no reason that is known here.`,
    steps: [another(admin), 'If that changes nothing, create a new key for the service account.'],
  }),
  'token-access-denied': ({ serviceAccount }) => ({
    says: 'An admin control of the organisation blocks this client or its scope (access_denied).',
    steps: [
      `Open ${APP_ACCESS_PAGE} (Admin console > Security > Access and data control > API controls > Manage app access) as a super admin.`,
      'Find the client by the ID below, or Configure new app with it, and set its access to Trusted.',
      'Check again.',
    ],
    paste: clientId(serviceAccount.clientId),
  }),
  'token-admin-policy': ({ serviceAccount }) => ({
    says: 'A policy of the organisation blocks the scope for this client (admin_policy_enforced).',
    steps: [
      `Open ${APP_ACCESS_PAGE} (Admin console > Security > Access and data control > API controls > Manage app access) as a super admin, and set the client with the ID below to Trusted.`,
      'Check again.',
    ],
    paste: clientId(serviceAccount.clientId),
  }),
  'token-org-internal': ({ serviceAccount }) => ({
    says: 'The client is limited to another organisation (org_internal).',
    steps: [
      `Use a service account of a project of this organisation, or open ${inProject('/auth/audience', serviceAccount)} and make the app External.`,
    ],
  }),
  network: unreachable,
  timeout: unreachable,
};

const clientId = (value: string | null): Paste[] =>
  value === null ? [] : [{ label: 'Client ID', value }];

/**
 * @param otherwise the one sentence that google/token-errors.ts has for the code
 * @param admin whom it was found with; the first of the list for what is not about an admin
 */
export function tokenRemedy(
  config: Config,
  code: string,
  otherwise: string,
  admin = config.adminEmails[0] ?? '',
): Remedy {
  const explain = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  // The sentence names cause and cure, separated by a colon.
  if (explain === undefined)
    return { says: `Google gives no token: ${code}.`, steps: [otherwise], paste: [] };
  return { paste: [], ...explain(config, admin) };
}
