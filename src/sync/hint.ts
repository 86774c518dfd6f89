// What travels in the queue `rollcall-changes`. A hint says "look at user N" and nothing else: it holds
// ids and times, never a person's data.
import * as z from 'zod';
import { CHANNEL_EVENTS } from '../google/channels.ts';
import { USER_ID_PATTERN } from '../google/user.ts';

export const DIRECTORY_ID_PATTERN = /^[a-z0-9-]{1,40}$/;
/** RFC 9562 section 5.7, in lower case as we make them. */
export const CHANNEL_ID_PATTERN =
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const lookHint = z.object({
  kind: z.literal('look'),
  directoryId: z.string().regex(DIRECTORY_ID_PATTERN),
  userId: z.string().regex(USER_ID_PATTERN),
  /** What Google said had happened; `null` = just look. */
  event: z.enum(CHANNEL_EVENTS).nullable(),
  cause: z.enum(['push', 'reconcile', 'operator']),
  /** When the push was received, or the need to look was found. */
  noticedMs: z.int().nonnegative(),
});

const syncNote = z.object({
  kind: z.literal('sync'),
  directoryId: z.string().regex(DIRECTORY_ID_PATTERN),
  channelId: z.string().regex(CHANNEL_ID_PATTERN),
  noticedMs: z.int().nonnegative(),
});

const recomputeNote = z.object({
  kind: z.literal('recompute'),
  directoryId: z.string().regex(DIRECTORY_ID_PATTERN),
  run: z.int().positive(),
});

export const changeMessage = z.discriminatedUnion('kind', [lookHint, syncNote, recomputeNote]);

export type LookHint = z.output<typeof lookHint>;
/** A channel's first message arrived: Google reaches us through it. */
export type SyncNote = z.output<typeof syncNote>;
/** Stored roles are to be made anew: the next page of this run. How far it is stands in D1. */
export type RecomputeNote = z.output<typeof recomputeNote>;
export type ChangeMessage = z.output<typeof changeMessage>;
