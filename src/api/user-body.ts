// How the API says who somebody is: everything that is stored and that a downstream system needs.
import * as z from 'zod';
import type { PersonRecord } from '../db/people.ts';
import { USER_STATUSES } from '../db/schema.ts';

/** ISO 8601, UTC. */
export const moment = () => z.iso.datetime().meta({ pattern: undefined });

export const isoOf = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms));

export const status = z.enum(USER_STATUSES).meta({
  id: 'UserStatus',
  description: 'Where several hold: deleted before suspended before archived before active.',
});

const json = () => z.record(z.string(), z.unknown()).meta({ propertyNames: undefined });

const profileShape = {
  email: z.string().meta({ description: 'The primary address. It may change, and be reused.' }),
  name: z.string(),
  givenName: z.string(),
  familyName: z.string(),
  status,
  isAdmin: z.boolean().meta({ description: 'A super admin of the Workspace.' }),
  isDelegatedAdmin: z.boolean(),
  orgUnitPath: z.string(),
  photoUrl: z.string().nullable(),
  attributes: json().meta({
    description:
      'What is set of: aliases, nonEditableAliases, title, department, organization, costCenter, manager, employeeId, phone, phones, language.',
  }),
  customSchemas: json().meta({
    description: '{schema: {field: value, or [{value, type}]}}, as Google has them.',
  }),
  roles: z.array(z.string()),
};

const EXAMPLE_PROFILE = {
  email: 'ana@example.com',
  name: 'Ana Example',
  givenName: 'Ana',
  familyName: 'Example',
  status: 'active',
  isAdmin: false,
  isDelegatedAdmin: false,
  orgUnitPath: '/Design',
  photoUrl: null,
  attributes: { title: 'Designer', manager: 'boss@example.com' },
  customSchemas: { User_Level: { Team_Lead: true } },
  roles: ['lead'],
} as const;

/** Somebody as they were, or are since, an event. */
export const profile = z
  .object(profileShape)
  .meta({ id: 'Profile', examples: [{ ...EXAMPLE_PROFILE, roles: ['lead'] }] });

const EXAMPLE_MOMENT = '2026-11-22T09:00:00.000Z';

export const user = z
  .object({
    id: z.string().meta({ description: 'Google’s, for ever theirs; the OIDC `sub`.' }),
    ...profileShape,
    createdAt: moment().meta({ description: 'When Rollcall first knew them.' }),
    changedAt: moment().meta({ description: 'When anything above last changed.' }),
    deletedAt: moment().nullable(),
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: '111111111111111111111',
        ...EXAMPLE_PROFILE,
        createdAt: EXAMPLE_MOMENT,
        changedAt: EXAMPLE_MOMENT,
        deletedAt: null,
      },
    ],
  });

type StoredProfile = Pick<
  PersonRecord,
  | 'email'
  | 'fullName'
  | 'givenName'
  | 'familyName'
  | 'status'
  | 'isAdmin'
  | 'isDelegatedAdmin'
  | 'orgUnitPath'
  | 'photoUrl'
>;
type WireObject = Record<string, unknown>;

const profileOf = (
  stored: StoredProfile,
  nested: { attributes: WireObject; customSchemas: WireObject; roles: string[] },
): z.output<typeof profile> => ({
  email: stored.email,
  name: stored.fullName,
  givenName: stored.givenName,
  familyName: stored.familyName,
  status: stored.status,
  isAdmin: stored.isAdmin === 1,
  isDelegatedAdmin: stored.isDelegatedAdmin === 1,
  orgUnitPath: stored.orgUnitPath,
  photoUrl: stored.photoUrl,
  ...nested,
});

/** A stored person as the API shows them. */
export function userBody(record: PersonRecord): z.output<typeof user> {
  return {
    id: record.id,
    ...profileOf(record, {
      attributes: JSON.parse(record.attributes) as WireObject,
      customSchemas: JSON.parse(record.customSchemas) as WireObject,
      roles: JSON.parse(record.roles) as string[],
    }),
    createdAt: isoOf(record.createdMs),
    changedAt: isoOf(record.changedMs),
    deletedAt: isoOrNull(record.deletedMs),
  };
}

/** A side of an event, as the triggers of migrations/0001_people.sql wrote it. */
export function profileBody(text: string): z.output<typeof profile> {
  const { attributes, customSchemas, roles, ...stored } = JSON.parse(text) as StoredProfile & {
    attributes: WireObject;
    customSchemas: WireObject;
    roles: string[];
  };
  return profileOf(stored, { attributes, customSchemas, roles });
}
