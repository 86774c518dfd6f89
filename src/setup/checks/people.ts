// Whether the Admin SDK is on and whether the admin may read users: two answers from one page of `users.list`.
import type { Directory } from '../../db/directories.ts';
import type { ApiOptions } from '../../google/api.ts';
import { GoogleApiError } from '../../google/errors.ts';
import type { ServiceAccountKey } from '../../google/service-account.ts';
import { readUserSample, type UserSample } from '../../google/user-sample.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';
import { ADMIN_ROLES_PAGE, inProject, setVar } from './places.ts';

interface PeopleWorld {
  api: ApiOptions;
  /** Whom `api` acts as. */
  admin: string;
  customer: string;
  domain: string | undefined;
  key: ServiceAccountKey;
  /** As imported before; `null` where that is not known. */
  directory: Directory | null;
}

export interface PeopleFound {
  api: Finding;
  people: Finding;
  /** `null` if nobody could be read. */
  sample: UserSample | null;
}

const AFTER_API = waiting('people', 'The Admin SDK API comes first.');
const ON = ok('api', 'The Directory API answers.');

/** What is wrong with the API itself; `null` for a refusal that is about people. */
function apiTrouble(error: GoogleApiError, { key, api, admin }: PeopleWorld): Finding | null {
  if (error.code === 'accessNotConfigured') {
    const project = key.projectId === null ? 'of the service account' : key.projectId;
    return failed('api', `The Admin SDK API is off in the Cloud project ${project}.`, [
      `Open ${inProject('/apis/library/admin.googleapis.com', key)} and press Enable.`,
      'Check again after a few minutes.',
    ]);
  }
  if (error.code === 'authError' || error.code === 'required')
    return failed('api', `Google refuses the access token that it has just given for ${admin}.`, [
      `Sign in once as ${admin} at https://accounts.google.com and accept the terms, if that was never done.`,
      `Otherwise name another admin. ${setVar('GOOGLE_ADMIN_EMAIL')}`,
    ]);
  if (error.code === 'network' || error.code === 'timeout')
    return waiting('api', `${new URL(api.origin).host} gave no answer.`, [
      'Check again in a minute.',
    ]);
  if (error.retryable && error.code !== 'list-without-users')
    return waiting('api', `Google’s API stumbled (${error.code}); that passes.`, [
      'Check again in a minute.',
    ]);
  if (error.code === 'html-response')
    return failed('api', 'Something that is not the Directory API answered.', [
      `Remove GOOGLE_API_ORIGIN, or set it to https://admin.googleapis.com. ${setVar('GOOGLE_API_ORIGIN')}`,
    ]);
  return null;
}

const grantPrivilege = (admin: string) => [
  `Open ${ADMIN_ROLES_PAGE} (Admin console > Account > Admin roles) as a super admin.`,
  'Create new role, with the privilege Admin API privileges > Users > Read; or choose a role that has it.',
  `Assign role > Assign members > ${admin}. It holds within minutes, at the latest after 24 hours.`,
];

/** Refused for a customer or domain by name: whether the same admin may read their own organisation. */
async function mayReadOwn(world: PeopleWorld): Promise<boolean> {
  if (world.customer === 'my_customer' && world.domain === undefined) return false;
  try {
    await readUserSample(world.api, { customer: 'my_customer' });
    return true;
  } catch (error) {
    if (error instanceof GoogleApiError) return false;
    throw error;
  }
}

async function refusal(error: GoogleApiError, world: PeopleWorld): Promise<Finding> {
  const { admin, domain, customer } = world;
  if (error.code === 'domainCannotUseApis')
    return failed('people', 'API access is switched off for this organisation.', [
      'Open https://admin.google.com/ac/owl (Admin console > Security > Access and data control > API controls) as a super admin, and let apps use the APIs of Google Workspace: Settings > Enable API access.',
      'Check again.',
    ]);
  if (error.code === 'list-without-users') {
    const whose = domain === undefined ? '' : ` Perhaps nobody has an address in ${domain}.`;
    return waiting('people', `Google answered without a single person.${whose}`, [
      'Check again in a minute.',
      ...(domain === undefined ? [] : [`Correct or remove the domain. ${setVar('GOOGLE_DOMAIN')}`]),
    ]);
  }
  if (await mayReadOwn(world)) {
    const [name, value] =
      domain === undefined ? ['GOOGLE_CUSTOMER', customer] : ['GOOGLE_DOMAIN', domain];
    return failed(
      'people',
      `${admin} may read the people of their own organisation, but ${name} is ${value}, which is not theirs.`,
      [
        `${domain === undefined ? 'Set it to my_customer, or to the customer ID of https://admin.google.com/ac/accountsettings/profile' : 'Correct it to a domain of https://admin.google.com/ac/domains, or remove it'}. ${setVar(name)}`,
      ],
      domain === undefined ? [{ label: 'GOOGLE_CUSTOMER', value: 'my_customer' }] : [],
    );
  }
  if (error.code === 'forbidden' || error.code === 'insufficientPermissions')
    return failed(
      'people',
      `${admin} may not read users (${error.code}): an admin role with that privilege is missing. Delegation gives no more than the admin has.`,
      grantPrivilege(admin),
    );
  return failed('people', `Google refuses to list people: ${error.code} (${error.status}).`, [
    error.remedy,
  ]);
}

function readable(sample: UserSample, { admin, directory }: PeopleWorld): Finding {
  const pinned = directory?.customerId ?? null;
  const foreign = sample.customerIds.find((id) => id !== pinned);
  if (pinned !== null && foreign !== undefined)
    return failed(
      'people',
      `These are the people of another customer (${foreign}) than the one that was imported first (${pinned}). Nobody is written while that is so.`,
      [
        `Go back to the admin, key and customer of ${pinned}. ${setVar('GOOGLE_ADMIN_EMAIL')}`,
        'To keep another organisation in step, deploy Rollcall once more, with a database of its own.',
      ],
    );
  const more = sample.hasMore ? ' or more' : '';
  return ok('people', `${admin} reads them: ${sample.people}${more}.`);
}

/** @throws nothing of Google's: what it refuses is the finding */
export async function checkPeople(world: PeopleWorld): Promise<PeopleFound> {
  try {
    const sample = await readUserSample(world.api, world);
    return { api: ON, people: readable(sample, world), sample };
  } catch (error) {
    if (!(error instanceof GoogleApiError)) throw error;
    const api = apiTrouble(error, world);
    if (api !== null) return { api, people: AFTER_API, sample: null };
    return { api: ON, people: await refusal(error, world), sample: null };
  }
}
