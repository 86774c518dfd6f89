// A moment as people read it: UTC, which is what the log says too.

/** `22 Nov 2026, 09:14 UTC` */
export function Moment({ ms }: { ms: number }) {
  const at = new Date(ms);
  const text = at.toLocaleString('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return <time datetime={at.toISOString()}>{text} UTC</time>;
}

const UNITS: readonly [ms: number, name: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** `3 hours`, `1 minute`: the largest unit that fits, whole. */
export function spanOf(ms: number): string {
  const [size, name] = UNITS.find(([unit]) => ms >= unit) ?? [1_000, 'second'];
  const count = Math.max(0, Math.floor(ms / size));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
