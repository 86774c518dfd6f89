// What became of what has just been asked for. It arrives in the address as a code and a number, so that whoever makes up
// an address makes up no words.
const WORDS = {
  approved: (n: number) =>
    `Approved: ${n} ${n === 1 ? 'person is' : 'people are'} being looked at once more.`,
  'approved-for-later': (n: number) =>
    `Approved: ${n} ${n === 1 ? 'person' : 'people'}. The queue does not take anything at the moment; the next pass looks at them.`,
  kept: (n: number) =>
    `${n} ${n === 1 ? 'person stays' : 'people stay'}, and ${n === 1 ? 'is' : 'are'} not asked about for 24 hours.`,
  replayed: (n: number) => `${n} ${n === 1 ? 'person is' : 'people are'} being looked at again.`,
  'not-replayed': () =>
    'The queue does not take anything at the moment. Nothing was replayed; try again later.',
  started: () => 'A pass has been started.',
  'under-way': () => 'A pass is under way already.',
  'rules-saved': () => 'Saved, and everybody has the roles that the rules give now.',
  'rules-saved-under-way': () => 'Saved. Everybody’s roles are being made anew.',
  'role-given': () => 'Given by hand. They have this role until somebody takes it back.',
  'role-excepted': () => 'Excepted. They don’t have this role, whatever the rules say.',
  'role-taken-back': () => 'Taken back. Only the rules decide about this role now.',
  'roles-under-way': () => 'Saved. Roles are being made anew; reload in a moment.',
  'sessions-ended': (n: number) => `${n} ${n === 1 ? 'session has' : 'sessions have'} ended.`,
  'session-over': () => 'There was nothing to end: it was over already.',
  'looked-unchanged': () => 'Google says what is stored: nothing has changed.',
  'looked-changed': () => 'Google says something else than was stored. It is stored now.',
  'looked-gone': () => 'Google does not know them any more. They have been removed.',
  'looked-gone-before': () => 'Google does not know them, as is stored.',
  'looked-held': () =>
    'Google does not know them. Their removal waits for your decision, on the overview.',
  'looked-young': () =>
    'Google does not show them, but they came minutes ago, and it may be behind. Look again later.',
  'token-revoked': () => 'Revoked: nothing can be read with this token any more.',
  'looked-later': () => 'Nothing was done: there is too much going on. Look again in a moment.',
} as const;

/** Codes that say that nothing came of it. */
const BAD: ReadonlySet<string> = new Set(['not-replayed', 'looked-later']);

export type SaidCode = keyof typeof WORDS;

/** The query that has a page say it. */
export const saying = (code: SaidCode, count = 0) => `?said=${code}&n=${count}`;

/** @param said from the address; anything unknown says nothing */
export function Said({ said, n }: { said: string | undefined; n: string | undefined }) {
  if (said === undefined || !Object.hasOwn(WORDS, said)) return null;
  const count = /^\d{1,6}$/.test(n ?? '') ? Number(n) : 0;
  const code = said as SaidCode;
  return (
    <p class={`said ${BAD.has(code) ? 'bad' : ''}`} role="status">
      {WORDS[code](count)}
    </p>
  );
}
