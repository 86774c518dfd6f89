// Reading who is in a group: members.list, and members.hasMember for one person.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/members
import { type ApiOptions, callApi, jsonObject } from './api.ts';
import { GoogleApiError } from './errors.ts';
import { USER_ID_PATTERN } from './user.ts';

/** Asked for only where a rule names a group, in tokens of its own: whoever lacks it still has people in step. */
export const GROUP_MEMBER_SCOPE =
  'https://www.googleapis.com/auth/admin.directory.group.member.readonly';

const LIST_TIMEOUT_MS = 25_000;
const LIST_MAX_BYTES = 4 * 1024 * 1024;
const HAS_MEMBER_TIMEOUT_MS = 8_000;
const HAS_MEMBER_MAX_BYTES = 64 * 1024;
/** The most that `members.list` gives in one page. */
const LIST_PAGE_SIZE = 200;

const pathOf = (groupKey: string) => `/admin/directory/v1/groups/${encodeURIComponent(groupKey)}`;

const isNotFound = (error: unknown) =>
  error instanceof GoogleApiError && error.status === 404 && error.code === 'notFound';

const invalidResponse = (retryable = true) =>
  new GoogleApiError({ code: 'invalid-response', status: 200, retryable });

interface MemberPage {
  /** People, whatever their role in the group, also through groups in it; strangers to the customer too. */
  userIds: string[];
  /** Whether the whole customer is a member. */
  hasEverybody: boolean;
  nextPageToken: string | null;
}

/**
 * Reads one page of at most 200 members. Groups among them are left out: who is in those comes along.
 *
 * @param customerId whose CUSTOMER member stands for everybody; that of a foreign group in ours does not
 * @returns `null` only for Google's JSON 404 with reason `notFound`: there is no such group
 * @throws {GoogleApiError} `invalid-response` (retryable) among others for an answer that is no list: an empty
 * group is one without `members`, and an empty answer is no empty group. Not retryable for a page without an end
 */
export async function listMembers(
  api: ApiOptions,
  groupKey: string,
  pageToken: string | null,
  customerId: string | null,
): Promise<MemberPage | null> {
  try {
    const { answer } = await callApi(api, {
      method: 'GET',
      path: `${pathOf(groupKey)}/members`,
      query: {
        includeDerivedMembership: 'true',
        maxResults: String(LIST_PAGE_SIZE),
        fields: 'kind,nextPageToken,members(id,type)',
        pageToken: pageToken ?? undefined,
      },
      timeoutMs: LIST_TIMEOUT_MS,
      maxBytes: LIST_MAX_BYTES,
    });
    return memberPage(jsonObject(answer), pageToken, customerId);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function memberPage(
  { kind, members = [], nextPageToken }: Record<string, unknown>,
  pageToken: string | null,
  customerId: string | null,
): MemberPage {
  if (!Array.isArray(members)) throw invalidResponse();
  if (members.length === 0 && kind !== 'admin#directory#members') throw invalidResponse();
  const next = typeof nextPageToken === 'string' && nextPageToken !== '' ? nextPageToken : null;
  // The same page again and again would never come to an end: no use to go on from here.
  if (next !== null && next === pageToken) throw invalidResponse(false);
  const userIds = new Set<string>();
  let hasEverybody = false;
  for (const member of members as unknown[]) {
    const { id, type } = (member ?? {}) as { id?: unknown; type?: unknown };
    if (typeof id !== 'string') continue;
    if (type === 'CUSTOMER') hasEverybody ||= id === customerId;
    else if (type === 'USER' && USER_ID_PATTERN.test(id)) userIds.add(id);
  }
  return { userIds: [...userIds], hasEverybody, nextPageToken: next };
}

/**
 * Whether one person is in a group, directly or through groups in it.
 *
 * @returns `null` where Google can't say: no such group or person, or they are nested in it from another domain
 * @throws {GoogleApiError}
 */
export async function hasMember(
  api: ApiOptions,
  groupKey: string,
  userId: string,
): Promise<boolean | null> {
  try {
    const { answer } = await callApi(api, {
      method: 'GET',
      path: `${pathOf(groupKey)}/hasMember/${encodeURIComponent(userId)}`,
      timeoutMs: HAS_MEMBER_TIMEOUT_MS,
      maxBytes: HAS_MEMBER_MAX_BYTES,
    });
    const { isMember } = jsonObject(answer);
    if (typeof isMember !== 'boolean') throw invalidResponse();
    return isMember;
  } catch (error) {
    if (isNotFound(error)) return null;
    if (error instanceof GoogleApiError && error.status === 400) return null;
    throw error;
  }
}
