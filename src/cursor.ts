// Where a list goes on, as it stands in an address: a place that whoever keeps it reads nothing in. It may as well be made
// up, so whoever takes it says what a place of theirs is; nothing depends on its being secret.
import { base64url } from 'jose';
import * as z from 'zod';

/** More than the longest place there is, in an org unit whose path has 1,000 characters. */
const LONGEST = 8_000;

/** A place as text for an address: base64url of its JSON. */
export const cursorOf = (place: unknown): string =>
  base64url.encode(new TextEncoder().encode(JSON.stringify(place)));

/** The place in a cursor; `null` if it is none, whoever made it up. */
export function placeIn<T>(cursor: string | undefined, schema: z.ZodType<T>): T | null {
  if (cursor === undefined || cursor.length > LONGEST) return null;
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      base64url.decode(cursor),
    );
    return schema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}

/** The place of an event, which stands as it is: files and other pages name it too. `null` = no number. */
export const seqIn = (text = ''): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

/** A place in a list that goes by time, of what is numbered. */
export const placeInTime = z.strictObject({ atMs: z.int().min(0), id: z.int().min(0) });
