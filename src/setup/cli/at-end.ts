// What must be undone however this process ends: by itself, at an error, at Ctrl-C, or when its terminal goes away.
// Only SIGKILL and a power cut leave it to the machine's cleaning of temporary folders.
const pending = new Set<() => void>();
let isWatching = false;

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const undo of pending) undo();
  });
  // A signal alone would end the process without its "exit". The code is that of a shell for an interrupt.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
}

/** Remembers to `undo`; the answer does it at once, and forgets it. */
export function atEnd(undo: () => void): () => void {
  watch();
  pending.add(undo);
  return () => {
    pending.delete(undo);
    undo();
  };
}
