// Reading people: users.get and users.list.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
import { type ApiOptions, callApi, jsonObject } from './api.ts';
import { GoogleApiError } from './errors.ts';
import { type DirectoryUser, parseDirectoryUser, USER_FIELDS, USER_ID_PATTERN } from './user.ts';

const GET_TIMEOUT_MS = 8_000;
const GET_MAX_BYTES = 8 * 1024 * 1024;
const LIST_TIMEOUT_MS = 25_000;
const LIST_MAX_BYTES = 48 * 1024 * 1024;
/** The most that `users.list` gives in one page. */
const LIST_PAGE_SIZE = 500;

export interface DirectoryScope {
  /** `my_customer` or a customer id. */
  customer: string;
  /** List and watch this domain only. */
  domain?: string | undefined;
}

/** `customer` and `domain` exclude each other in a request. */
export function scopeQuery({ customer, domain }: DirectoryScope): Record<string, string> {
  return domain === undefined ? { customer } : { domain };
}

/**
 * Reads one person by id.
 *
 * @returns `null` only for Google's JSON 404 with reason `notFound`; HTML 404, 403 and empty bodies throw
 * @throws {GoogleApiError} among others `answer-mismatch` where the answer is about somebody else
 */
export async function getUser(api: ApiOptions, id: string): Promise<DirectoryUser | null> {
  try {
    const { answer } = await callApi(api, {
      method: 'GET',
      path: `/admin/directory/v1/users/${encodeURIComponent(id)}`,
      query: { projection: 'full', fields: USER_FIELDS },
      timeoutMs: GET_TIMEOUT_MS,
      maxBytes: GET_MAX_BYTES,
    });
    const user = parseDirectoryUser(jsonObject(answer));
    if (user.id !== id)
      throw new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });
    return user;
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404 && error.code === 'notFound')
      return null;
    throw error;
  }
}

function idOf(item: unknown): string | null {
  const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : null;
  return typeof id === 'string' && USER_ID_PATTERN.test(id) ? id : null;
}

const listWithoutUsers = () =>
  new GoogleApiError({ code: 'list-without-users', status: 200, retryable: true });

export interface UserPage {
  users: DirectoryUser[];
  /** How many items of the page could not be parsed; each is somebody of whom nothing is concluded. */
  malformed: number;
  /** The ids of those among them that have one. */
  unreadable: string[];
  nextPageToken: string | null;
}

/**
 * Reads one page of at most 500 people.
 *
 * @throws {GoogleApiError} `list-without-users` (retryable) for a 200 without `users`: an unfiltered list
 * holds at least the admin, so it is a stumble and never an empty directory
 */
export async function listUsers(
  api: ApiOptions,
  scope: DirectoryScope,
  pageToken: string | null,
): Promise<UserPage> {
  const { answer } = await callApi(api, {
    method: 'GET',
    path: '/admin/directory/v1/users',
    query: {
      ...scopeQuery(scope),
      maxResults: String(LIST_PAGE_SIZE),
      projection: 'full',
      orderBy: 'email',
      fields: `nextPageToken,users(${USER_FIELDS})`,
      pageToken: pageToken ?? undefined,
    },
    timeoutMs: LIST_TIMEOUT_MS,
    maxBytes: LIST_MAX_BYTES,
  });
  const { users: items, nextPageToken } = jsonObject(answer);
  if (!Array.isArray(items) || items.length === 0) {
    throw listWithoutUsers();
  }
  const users = new Map<string, DirectoryUser>();
  let malformed = 0;
  const unreadable = new Set<string>();
  for (const item of items) {
    try {
      const user = parseDirectoryUser(item);
      users.set(user.id, user);
    } catch (error) {
      if (!(error instanceof GoogleApiError)) throw error;
      malformed += 1;
      const id = idOf(item);
      if (id !== null) unreadable.add(id);
    }
  }
  // Not one that can be read: as little to be concluded from as from none.
  if (users.size === 0) throw listWithoutUsers();
  return {
    users: [...users.values()],
    malformed,
    unreadable: [...unreadable].filter((id) => !users.has(id)),
    nextPageToken: typeof nextPageToken === 'string' && nextPageToken !== '' ? nextPageToken : null,
  };
}
