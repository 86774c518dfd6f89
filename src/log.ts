// Structured logs: one JSON line for each unit of work, with ids, counts, codes and durations. Never an
// address, a name, a token, a key or a bound parameter: the type admits no objects to smuggle them in.

export type LogFields = Readonly<
  Record<string, string | number | boolean | null | readonly string[]>
>;

export type Log = (level: 'info' | 'warn' | 'error', event: string, fields?: LogFields) => void;

/** Writes to the Worker's log. */
export const log: Log = (level, event, fields = {}) => {
  // biome-ignore lint/suspicious/noConsole: this is the one place that writes, and what workerd collects
  console[level](JSON.stringify({ level, event, ...fields }));
};

/**
 * What a log may say of an error: its stable code, else its class. Never its message: a driver's text may hold
 * what was bound, a parser's what it read.
 */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
