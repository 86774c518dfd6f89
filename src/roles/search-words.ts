// What somebody is found by: the words of their name and address, without case and accents. Pure.

/** More than anybody's name has; each is a row of the index. */
const MAX_WORDS = 12;
const MAX_LENGTH = 40;

/** `Müller-Straße` → `muller`, `strasse`: what is typed and what is stored are folded alike. */
export function foldedWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => [...word].slice(0, MAX_LENGTH).join(''));
}

/** @returns each word once; of the address the part before the @, which is what people remember */
export function searchWords({ fullName, email }: { fullName: string; email: string }): string[] {
  const local = email.slice(0, Math.max(0, email.lastIndexOf('@')));
  const words = new Set([...foldedWords(fullName), ...foldedWords(local)]);
  return [...words].slice(0, MAX_WORDS);
}
