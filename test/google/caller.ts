// Who calls the Directory API, and whether they may: the gateway's checks (token, API switched on,
// scopes) and then the account's (an admin of this customer). Refuses by throwing Google's errors.
import type { AccessToken, AccessTokens } from './access-tokens.ts';
import { fail, notAuthorized } from './google-error.ts';
import {
  GROUP_MEMBER_READONLY_SCOPE,
  GROUP_SCOPE,
  type ServiceAccounts,
  USER_READONLY_SCOPE,
  USER_SCOPE,
} from './service-accounts.ts';
import type { Workspace } from './workspace.ts';

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';

/** Scopes of which any one suffices (facts 2, 3.1, 3.2, 3.6). */
export const SCOPES = {
  get: [USER_SCOPE, USER_READONLY_SCOPE],
  list: [USER_SCOPE, USER_READONLY_SCOPE, CLOUD_PLATFORM],
  watch: [USER_SCOPE, USER_READONLY_SCOPE, CLOUD_PLATFORM],
  stop: [
    USER_SCOPE,
    USER_READONLY_SCOPE,
    `${USER_SCOPE}.alias`,
    `${USER_SCOPE}.alias.readonly`,
    CLOUD_PLATFORM,
  ],
  write: [USER_SCOPE],
  groups: [GROUP_SCOPE, `${GROUP_SCOPE}.readonly`],
  members: [
    GROUP_SCOPE,
    `${GROUP_SCOPE}.readonly`,
    `${GROUP_SCOPE}.member`,
    GROUP_MEMBER_READONLY_SCOPE,
  ],
} as const;

export interface Door {
  accounts: ServiceAccounts;
  tokens: AccessTokens;
  workspace: Workspace;
}

/** The token behind a call, once the gateway lets it through. */
export function callerOf(request: Request, door: Door, anyOf: readonly string[]): AccessToken {
  const token = bearer(request, door.tokens);
  const account = door.accounts.find(token.clientEmail);
  if (!account?.apiEnabled) refuseDisabledApi(account?.projectNumber ?? '0');
  if (!token.scopes.some((scope) => anyOf.includes(scope))) refuseScopes(anyOf);
  if (!door.accounts.domainAllowsApis) {
    fail(403, 'domainCannotUseApis', 'The domain administrator has disabled Apps APIs.');
  }
  return token;
}

function bearer(request: Request, tokens: AccessTokens): AccessToken {
  const header = request.headers.get('authorization');
  if (header === null) {
    fail(401, 'required', 'Login Required.', {
      location: 'Authorization',
      locationType: 'header',
      canonical: 'UNAUTHENTICATED',
      detail: { reason: 'CREDENTIALS_MISSING' },
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
    });
  }
  const token = tokens.find(/^Bearer (.+)$/i.exec(header)?.[1] ?? '');
  if (token) return token;
  return fail(401, 'authError', 'Invalid Credentials', {
    location: 'Authorization',
    locationType: 'header',
    canonical: 'UNAUTHENTICATED',
    headers: {
      'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    },
  });
}

function refuseScopes(wanted: readonly string[]): never {
  const list = wanted.join(' ');
  fail(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    canonical: 'PERMISSION_DENIED',
    detail: { reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' },
    headers: {
      'www-authenticate': `Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="${list}"`,
    },
  });
}

function refuseDisabledApi(project: string): never {
  const link = `https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=${project}`;
  const message = `Admin SDK API has not been used in project ${project} before or it is disabled. Enable it by visiting ${link} then retry.`;
  fail(403, 'accessNotConfigured', message, {
    domain: 'usageLimits',
    extendedHelp: 'https://console.developers.google.com',
    canonical: 'PERMISSION_DENIED',
    detail: { reason: 'SERVICE_DISABLED', metadata: { consumer: `projects/${project}` } },
  });
}

/** Delegation raises no privileges: the subject must be an admin, now, and no `sub` is nobody. */
export function requireAdmin(token: AccessToken, workspace: Workspace): void {
  const subject = token.subjectId === null ? undefined : workspace.find(token.subjectId);
  if (!subject || subject.suspended || subject.archived) notAuthorized();
  if (!subject.isAdmin && !subject.isDelegatedAdmin) notAuthorized();
}

export interface Audience {
  /** Only people of this domain; null = the whole customer. */
  domain: string | null;
  /** The customer or domain in one canonical text, for resource ids. */
  resource: string;
}

/** Whose people `customer` and `domain` mean (facts 3.2 and 4.2); list and watch share it. */
export function audienceOf(query: URLSearchParams, token: AccessToken, workspace: Workspace) {
  const customer = query.get('customer') ?? '';
  const domain = (query.get('domain') ?? '').toLowerCase();
  if (customer === '' && domain === '') fail(400, 'badRequest', 'Bad Request');
  if (customer.includes('.')) fail(400, 'badRequest', 'Bad Request');
  if (customer === 'my_customer' && token.subjectId === null) {
    fail(404, 'notFound', 'Domain not found.');
  }
  if (customer !== '' && customer !== 'my_customer' && customer !== workspace.customerId) {
    if (!/^C[0-9a-z]+$/i.test(customer)) fail(400, 'invalid', 'Invalid Customer Id');
    notAuthorized();
  }
  if (domain !== '' && !workspace.domains.includes(domain)) {
    if (workspace.foreignDomains.includes(domain)) notAuthorized();
    fail(404, 'notFound', 'Domain not found.');
  }
  const audience: Audience = {
    domain: domain === '' ? null : domain,
    resource: domain === '' ? `customer=${workspace.customerId}` : `domain=${domain}`,
  };
  return audience;
}
