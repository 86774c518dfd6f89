// What the document says of held removals: the list, and the one word about all of it.
import * as z from 'zod';
import { HELD_REASONS } from '../db/schema.ts';
import { described, OPERATOR_TOKEN } from './described.ts';
import { moment, status } from './user-body.ts';

/** What a word about the list names. */
export const decision = z.strictObject({
  hash: z.string().min(1).max(200).meta({ description: '`hash` of the list that was read.' }),
});

const held = z
  .object({
    userId: z.string(),
    email: z.string(),
    name: z.string(),
    status,
    isAdmin: z.boolean(),
    orgUnitPath: z.string(),
    reason: z.enum(HELD_REASONS).meta({
      description:
        '`guard` Google’s get denies them, twice; `missing` a list left them out, and nobody was asked; `last-admin`.',
    }),
    since: moment(),
  })
  .meta({ id: 'HeldRemoval' });

const list = z.object({
  heldRemovals: z.array(held),
  count: z.int().min(0),
  hash: z.string().meta({ description: 'Names this list, for 24 hours.' }),
});

const ERRORS = [401, 404] as const;

export const describedList = described({
  operationId: 'listHeldRemovals',
  tag: 'Held removals',
  summary: 'Whose removal waits for a word',
  needs: OPERATOR_TOKEN,
  answer: { description: 'Everybody who waits.', schema: list },
  errors: ERRORS,
});

/** How a word about everybody on the list is described. */
export const describedDecision = (name: 'approved' | 'rejected') =>
  described({
    operationId: name === 'approved' ? 'approveHeldRemovals' : 'rejectHeldRemovals',
    tag: 'Held removals',
    summary:
      name === 'approved'
        ? 'Whoever Google still denies is removed, at another look'
        : 'Everybody on the list stays, for 24 hours',
    needs: OPERATOR_TOKEN,
    answer: { description: 'How many it was about.', schema: z.object({ [name]: z.int().min(0) }) },
    body: decision,
    errors: [400, ...ERRORS, 409],
  });
