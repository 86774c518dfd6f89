// A moment as people read it: UTC, which is what the log says too.

// Made once: making it takes a hundred times as long as using it.
const FORMAT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** `22 Nov 2026, 09:14 UTC` */
export function Moment({ ms }: { ms: number }) {
  const at = new Date(ms);
  return <time datetime={at.toISOString()}>{FORMAT.format(at)} UTC</time>;
}

const UNITS: readonly [ms: number, name: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

const plural = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`;

/** `3 hours 12 minutes`, `1 minute 5 seconds`, `8 seconds`: the two largest units that fit, cut off below. */
export function spanOf(ms: number): string {
  const first = Math.max(
    0,
    UNITS.findIndex(([size]) => ms >= size),
  );
  const [[size, name], second] = [UNITS[first] ?? [1_000, 'second'], UNITS[first + 1]];
  if (ms < 1_000) return '0 seconds';
  const count = Math.floor(ms / size);
  const rest = second === undefined ? 0 : Math.floor((ms - count * size) / second[0]);
  return rest === 0 || second === undefined
    ? plural(count, name)
    : `${plural(count, name)} ${plural(rest, second[1])}`;
}
