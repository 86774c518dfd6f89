// Whether the groups that rules name can be read: a scope of its own, a privilege of the admin's, and that they exist. Where
// no rule names a group nothing is asked.
import type { Config } from '../../config.ts';
import type { ApiOptions } from '../../google/api.ts';
import { GoogleApiError } from '../../google/errors.ts';
import { GROUP_MEMBER_SCOPE, listMembers } from '../../google/groups.ts';
import type { Fetch } from '../../google/http.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';
import {
  ADMIN_ROLES_PAGE,
  DELEGATION_MENU,
  DELEGATION_PAGE,
  delegationPaste,
  GROUPS_PAGE,
} from './places.ts';
import { askForToken, given } from './token.ts';
import { tokenRemedy } from './token-remedies.ts';

/** As many as one examination asks Google about. */
const MOST_ASKED = 10;

interface GroupsWorld {
  config: Config;
  fetch: Fetch;
  nowMs: () => number;
  /** Who gets tokens for reading people. */
  admin: string;
}

/** There is nothing to ask. */
export const NO_GROUPS = ok('groups', 'No rule names a group: nothing is asked about them.');

const stumbled = (code: string) =>
  waiting('groups', `Google stumbled (${code}); that passes.`, ['Check again in a minute.']);

/** People can be read with the same key as the same admin, so what is lacking is the scope. */
const lacksScope = ({ serviceAccount }: Config): Finding =>
  failed(
    'groups',
    `Rules name groups, but domain-wide delegation lacks the scope for their members, ${GROUP_MEMBER_SCOPE}. People are kept in step all the same; who is in a group stays as it was last read.`,
    [
      `Open ${DELEGATION_PAGE} (${DELEGATION_MENU}) as a super admin.`,
      'Choose the entry of the client ID below > Edit, and add the second of the scopes below; the first one stays.',
      'Check again: a change holds after minutes, at the latest after 24 hours.',
    ],
    delegationPaste(serviceAccount, true),
  );

const lacksPrivilege = (admin: string, code: string): Finding =>
  failed(
    'groups',
    `${admin} may not read groups (${code}): an admin role with that privilege is missing, or the group is of another organisation.`,
    [
      `Open ${ADMIN_ROLES_PAGE} (Admin console > Account > Admin roles) as a super admin.`,
      `Create new role, or choose one, with the privilege Admin API privileges > Groups > Read, and assign it to ${admin}.`,
      'Check again after a few minutes.',
    ],
  );

const missingGroups = (missing: readonly string[]): Finding =>
  failed(
    'groups',
    `Google knows no such group: ${missing.join(', ')}. Rules that name ${missing.length === 1 ? 'it' : 'them'} change nobody.`,
    [
      'Correct or remove the rules on the console’s page Roles.',
      `Or create ${missing.length === 1 ? 'the group' : 'the groups'}: ${GROUPS_PAGE} (Admin console > Directory > Groups).`,
    ],
  );

function refused({ code, retryable, remedy, status }: GoogleApiError, admin: string): Finding {
  if (code === 'forbidden' || code === 'insufficientPermissions')
    return lacksPrivilege(admin, code);
  if (retryable) return stumbled(code);
  return failed('groups', `Google does not tell who is in groups: ${code} (${status}).`, [remedy]);
}

async function token({ config, fetch, nowMs, admin }: GroupsWorld): Promise<string | Finding> {
  const answer = await askForToken({ config, fetch, nowMs }, admin, GROUP_MEMBER_SCOPE);
  if (!(answer instanceof GoogleApiError)) return answer;
  const { code, retryable, remedy } = answer;
  if (code === 'token-delegation') return lacksScope(config);
  if (retryable) return stumbled(code);
  const { says, steps, paste } = tokenRemedy(config, code, remedy, admin);
  return failed('groups', says, steps, paste);
}

/**
 * Asks for a token for members, then for the first members of each group.
 *
 * @param groupKeys those that rules name
 * @throws nothing of Google's: what it refuses is the finding
 */
export async function checkGroups(
  world: GroupsWorld,
  groupKeys: readonly string[],
): Promise<Finding> {
  if (groupKeys.length === 0) return NO_GROUPS;
  const { config, fetch, nowMs, admin } = world;
  const value = await token(world);
  if (typeof value !== 'string') return value;
  const api: ApiOptions = {
    origin: config.googleApiOrigin,
    tokens: given(value, admin, nowMs()),
    fetch,
    nowMs,
  };
  const asked = groupKeys.slice(0, MOST_ASKED);
  const missing: string[] = [];
  try {
    for (const groupKey of asked)
      if ((await listMembers(api, groupKey, null, null)) === null) missing.push(groupKey);
  } catch (error) {
    if (!(error instanceof GoogleApiError)) throw error;
    return refused(error, admin);
  }
  if (missing.length > 0) return missingGroups(missing);
  const { length } = asked;
  const of = length < groupKeys.length ? ` of ${groupKeys.length}` : '';
  return ok('groups', `${length}${of} named by rules: ${admin} reads who is in them.`);
}
