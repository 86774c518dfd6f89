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
} as const;

export type SaidCode = keyof typeof WORDS;

/** The query that has a page say it. */
export const saying = (code: SaidCode, count = 0) => `?said=${code}&n=${count}`;

/** @param said from the address; anything unknown says nothing */
export function Said({ said, n }: { said: string | undefined; n: string | undefined }) {
  if (said === undefined || !Object.hasOwn(WORDS, said)) return null;
  const count = /^\d{1,6}$/.test(n ?? '') ? Number(n) : 0;
  const code = said as SaidCode;
  return (
    <p class={`said ${code === 'not-replayed' ? 'bad' : ''}`} role="status">
      {WORDS[code](count)}
    </p>
  );
}
