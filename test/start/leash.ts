// Runs a command that must not outlive whoever started this: when standard input ends, which it does in
// every kind of death of the parent, the command's whole process group is stopped.
//
//   node leash.ts <command> [argument…]
import { spawn } from 'node:child_process';

const GRACE_MS = 4_000;

const [command, ...commandArguments] = process.argv.slice(2);
if (command === undefined) throw new TypeError('leash: no command');

// A group of its own, so that all of it can be stopped and we are not.
const child = spawn(command, commandArguments, {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});

function signalGroup(signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the group is gone already.
  }
}

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  signalGroup('SIGTERM');
  setTimeout(() => signalGroup('SIGKILL'), GRACE_MS).unref();
}

process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
process.on('SIGINT', () => {
  // The terminal sends it to everybody; the parent closes our standard input when it is ready.
});
process.on('SIGTERM', stop);
process.on('SIGHUP', stop);

child.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code) => {
  // What the command left behind in its group goes with it.
  signalGroup('SIGKILL');
  process.exit(code ?? 1);
});
