// How the API says why somebody has their roles: which rule, which value of Google's, what was decided by hand, since when.
import * as z from 'zod';
import { describeSource } from '../roles/describe.ts';
import type { Because } from '../roles/evaluate.ts';
import { RULE_KINDS } from '../roles/rule.ts';
import type { PersonRoles } from '../roles/why.ts';
import { isoOf, isoOrNull, moment } from './user-body.ts';

const found = z
  .object({
    kind: z.enum(RULE_KINDS),
    at: z.string().meta({
      description:
        'The place: `User_Level.Team_Lead`, an org unit, a group, `isAdmin`; empty for everyone.',
    }),
    value: z
      .string()
      .nullable()
      .meta({ description: 'What stands there; null where being there is all.' }),
  })
  .meta({ id: 'Found' });

export const why = z
  .object({
    role: z.string(),
    has: z.boolean().meta({
      description:
        'Whether they have it now. Where a rule gives it and they have it not, it was excepted or is on its way.',
    }),
    since: moment()
      .nullable()
      .meta({ description: 'null = before the oldest event that is kept, or not had.' }),
    rules: z.array(
      z.object({ id: z.string(), description: z.string(), found }).meta({
        examples: [
          {
            id: '1',
            description: 'each ticked field of User_Level',
            found: { kind: 'fields', at: 'User_Level.Team_Lead', value: 'true' },
          },
        ],
      }),
    ),
    byHand: z
      .object({
        kind: z.enum(['added', 'excepted']).meta({ description: 'It wins over every rule.' }),
        reason: z.string(),
        madeBy: z.string().meta({ description: '`user:<id>`' }),
        at: moment(),
      })
      .nullable(),
  })
  .meta({ id: 'RoleWhy' });

/** What rules found that is no role's name. */
export const misfit = z
  .object({ ruleId: z.string(), name: z.string(), found })
  .meta({ id: 'Misfit' });

const foundBody = ({ kind, at, value }: Because) => ({ kind, at, value });

/** Somebody's roles, explained. */
export function whyBody({ roles, misfits }: PersonRoles): {
  why: z.output<typeof why>[];
  misfits: z.output<typeof misfit>[];
} {
  return {
    why: roles.map(({ role, has, sinceMs, grants, byHand }) => ({
      role,
      has,
      since: isoOrNull(sinceMs),
      rules: grants.map(({ rule, because }) => ({
        id: String(rule.id),
        description: describeSource(rule.source),
        found: foundBody(because),
      })),
      byHand: byHand && {
        kind: byHand.kind,
        reason: byHand.reason,
        madeBy: byHand.madeBy,
        at: isoOf(byHand.madeMs),
      },
    })),
    misfits: misfits.map(({ ruleId, name, because }) => ({
      ruleId: String(ruleId),
      name,
      found: foundBody(because),
    })),
  };
}
