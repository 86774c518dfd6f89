// What an operator pastes into Google, as this deployment's configuration has it. Nothing of it is a secret.
import { type Config, DEFAULT_DIRECTORY_ID } from '../config.ts';
import { type Database, DatabaseError } from '../db/database.ts';
import { hasGroupRules } from '../db/groups.ts';
import { CALLBACK_PATH, LOGIN_PATH } from '../sso/paths.ts';
import { delegatedScopes } from './checks/places.ts';
import type { Paste } from './finding.ts';

/** Where the entry of Google's app launcher leads: a sign-in, since Google rejects landing pages. */
export const universalNavigationUrl = (publicUrl: URL): string =>
  new URL(`${LOGIN_PATH}?silent=1&return_to=/`, publicUrl).href;

/**
 * @param reachedAt the origin of the request that asks
 * @param namesGroups whether a rule names a group
 */
export function valuesToPaste(
  { publicUrl, serviceAccount }: Pick<Config, 'publicUrl' | 'serviceAccount'>,
  reachedAt: string,
  namesGroups: boolean,
): Paste[] {
  const clientId = serviceAccount.clientId ?? 'in the key file, under client_id';
  return [
    { label: 'Domain-wide delegation: client ID', value: clientId },
    { label: 'Domain-wide delegation: OAuth scopes', value: delegatedScopes(namesGroups) },
    {
      label: 'OAuth client: authorised redirect URI',
      value: new URL(CALLBACK_PATH, publicUrl).href,
    },
    { label: 'Marketplace: universal navigation URL', value: universalNavigationUrl(publicUrl) },
    { label: 'This page was reached at', value: reachedAt },
  ];
}

/** Whether a rule names a group, so that two scopes are to be delegated; where D1 doesn't say, it is the one for people. */
export async function namesGroups(db: Database): Promise<boolean> {
  try {
    return await hasGroupRules(db, DEFAULT_DIRECTORY_ID);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return false;
  }
}
