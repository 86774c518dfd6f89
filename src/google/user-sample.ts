// A first look at an organisation, for a check of the set-up: one page of `users.list` with as good as nothing in it.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list
import { type ApiOptions, callApi, jsonObject } from './api.ts';
import { type DirectoryScope, scopeQuery } from './directory.ts';
import { GoogleApiError } from './errors.ts';

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 16 * 1024 * 1024;

export interface UserSample {
  /** How many people the page has, at most 500. */
  people: number;
  hasMore: boolean;
  customerIds: string[];
  /** The custom schemas of each person: `{schemaName: {fieldName: value}}`. */
  customSchemas: Readonly<Record<string, unknown>>[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the first page of people.
 *
 * @throws {GoogleApiError} `list-without-users` (retryable) for a 200 without people
 */
export async function readUserSample(api: ApiOptions, scope: DirectoryScope): Promise<UserSample> {
  const { answer } = await callApi(api, {
    method: 'GET',
    path: '/admin/directory/v1/users',
    query: {
      ...scopeQuery(scope),
      maxResults: '500',
      projection: 'full',
      fields: 'users(id,customerId,customSchemas),nextPageToken',
    },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  });
  const { users, nextPageToken } = jsonObject(answer);
  const people = Array.isArray(users) ? users.filter(isObject) : [];
  if (people.length === 0)
    throw new GoogleApiError({ code: 'list-without-users', status: 200, retryable: true });
  const ids = people.map(({ customerId }) => customerId);
  return {
    people: people.length,
    hasMore: typeof nextPageToken === 'string' && nextPageToken !== '',
    customerIds: [...new Set(ids.filter((id) => typeof id === 'string'))],
    customSchemas: people.map(({ customSchemas }) =>
      isObject(customSchemas) ? customSchemas : {},
    ),
  };
}
