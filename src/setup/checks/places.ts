// Where things are at Google and Cloudflare: links and menu paths, said once, so that every remedy leads to the same place.
// Menu paths as of 2026; the links are the ones Google's own tools print.
import { GROUP_MEMBER_SCOPE } from '../../google/groups.ts';
import { DIRECTORY_SCOPE, type ServiceAccountKey } from '../../google/service-account.ts';
import type { Paste } from '../finding.ts';

export const DELEGATION_PAGE = 'https://admin.google.com/ac/owl/domainwidedelegation';
export const DELEGATION_MENU =
  'Admin console > Security > Access and data control > API controls > Manage Domain Wide Delegation';
export const APP_ACCESS_PAGE = 'https://admin.google.com/ac/owl/list?tab=configuredApps';
export const ADMIN_ROLES_PAGE = 'https://admin.google.com/ac/roles';
export const USERS_PAGE = 'https://admin.google.com/ac/users';
export const GROUPS_PAGE = 'https://admin.google.com/ac/groups';
export const OAUTH_CLIENTS_PAGE = 'https://console.cloud.google.com/auth/clients';
export const SEARCH_CONSOLE = 'https://search.google.com/search-console';
const WORKER_SETTINGS = 'Cloudflare dashboard > Workers & Pages > the Worker > Settings';

/** A page of the Cloud console, in the project of the key where that is known. */
export function inProject(page: string, { projectId }: ServiceAccountKey): string {
  const url = new URL(page, 'https://console.cloud.google.com');
  if (projectId !== null) url.searchParams.set('project', projectId);
  return url.href;
}

export const serviceAccountsPage = (key: ServiceAccountKey) =>
  inProject('/iam-admin/serviceaccounts', key);

/** What is to be delegated, as the Admin console takes it; the one for groups only where a rule names one. */
export const delegatedScopes = (namesGroups: boolean): string =>
  (namesGroups ? [DIRECTORY_SCOPE, GROUP_MEMBER_SCOPE] : [DIRECTORY_SCOPE]).join(',');

/** What domain-wide delegation asks for, and a link that has both filled in. */
export function delegationPaste({ clientId }: ServiceAccountKey, namesGroups: boolean): Paste[] {
  const scopes = delegatedScopes(namesGroups);
  const scope = { label: 'OAuth scopes', value: scopes };
  if (clientId === null) return [scope];
  const filledIn = new URL(DELEGATION_PAGE);
  filledIn.searchParams.set('clientIdToAdd', clientId);
  filledIn.searchParams.set('clientScopeToAdd', scopes);
  return [
    { label: 'Client ID', value: clientId },
    scope,
    { label: 'Or open this page, where both are filled in', value: filledIn.href },
  ];
}

// Right before the first deploy as well as after it.
export const SET_KEY_COMMAND = 'npm run deploy -- --key key.json';

/** How a new key comes into being and to the Worker. */
export const newKeySteps = (key: ServiceAccountKey): string[] => [
  `Open ${serviceAccountsPage(key)}, choose ${key.clientEmail}, Keys > Add key > Create new key > JSON.`,
  'Deploy the whole downloaded file as GOOGLE_SERVICE_ACCOUNT_KEY with the command below, then delete the file.',
];
export const NEW_KEY_PASTE: readonly Paste[] = [{ label: 'Command', value: SET_KEY_COMMAND }];

/** How to change a setting of the Worker. What the file names wins over the dashboard at each deploy. */
export const setVar = (name: string) =>
  `Set ${name} in .deploy.vars and run npm run deploy (or in the ${WORKER_SETTINGS} > Variables and Secrets, if that file does not name it; locally in .dev.vars).`;
