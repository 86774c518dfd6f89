// Somebody's photo over their initials: of what Google says of it, only Google's own pictures are loaded.

/** Google's own photos only, by https; anything else is not loaded. */
function safePhoto(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol, hostname, username, href } = new URL(url);
  const isGoogles = /^[a-z0-9-]+\.googleusercontent\.com$/.test(hostname);
  return protocol === 'https:' && isGoogles && username === '' ? href : null;
}

/** The first letters of the first and the last word, as a person would write them. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  const first = (word = '') => [...new Intl.Segmenter().segment(word)][0]?.segment ?? '';
  // Keeps the letters of joined scripts apart.
  return ends.map(first).join('\u200c').toUpperCase() || '?';
}

/** Their photo over their initials. */
export function Photo({ name, url }: { name: string; url: string | null }) {
  const photo = safePhoto(url);
  return (
    <div class="photo" aria-hidden="true">
      {initialsOf(name)}
      {photo && <img src={photo} alt="" referrerpolicy="no-referrer" />}
    </div>
  );
}
