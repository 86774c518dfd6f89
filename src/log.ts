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
