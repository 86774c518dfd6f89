// The form of an API token: what it sends, as a wish or as what is wrong with it.
import { TOKEN_SCOPES, type TokenScope } from '../db/api-tokens.ts';

/** How long a token may live. */
export const TOKEN_DAYS = ['7', '30', '90', '365'] as const;
type TokenDays = (typeof TOKEN_DAYS)[number];

/** In characters, as people count them. */
export const LONGEST_NAME = 60;

/** What stands in the fields. */
export interface TokenFields {
  name: string;
  scopes: readonly TokenScope[];
  days: TokenDays;
}

export const EMPTY_FIELDS: TokenFields = { name: '', scopes: [], days: '90' };

/** What a form says, as far as it can stand in the fields again, and what is wrong with it, for people. */
export function tokenFormOf(given: Readonly<Record<string, unknown>>): {
  fields: TokenFields;
  problems: string[];
} {
  const name = typeof given['name'] === 'string' ? given['name'].trim() : '';
  const asked = [given['scope'] ?? []].flat();
  const scopes = TOKEN_SCOPES.filter((scope) => asked.includes(scope));
  const days = TOKEN_DAYS.find((one) => one === given['days']);
  const length = [...name].length;
  const problems = [
    length === 0 && 'Give it a name.',
    length > LONGEST_NAME && `Its name is longer than ${LONGEST_NAME} characters.`,
    /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) &&
      'Its name holds characters that are none of a line of text.',
    scopes.length === 0 && 'Say what it may read.',
    asked.some((one) => !(TOKEN_SCOPES as readonly unknown[]).includes(one)) &&
      'What it may read is none of what there is.',
    days === undefined && 'Say when it ends.',
  ].filter((problem) => problem !== false);
  const fields = {
    name: [...name].slice(0, LONGEST_NAME).join(''),
    scopes,
    days: days ?? EMPTY_FIELDS.days,
  };
  return { fields, problems };
}
