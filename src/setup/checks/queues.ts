// Whether everything the Worker works with is bound to it.
import type { Env } from '../../config.ts';
import { type Finding, failed, ok } from '../finding.ts';

const BOUND: Readonly<Record<string, string>> = {
  CHANGES: 'the queue rollcall-changes',
  DEAD_CHANGES: 'the queue rollcall-changes-dead',
  RECONCILE: 'the Workflow rollcall-reconcile',
  CHANNELS: 'a KV namespace',
  PUSH_LIMIT: 'a rate limit',
  LOGIN_LIMIT: 'a rate limit',
};

export function checkBindings(bindings: Env): Finding {
  const missing = Object.entries(BOUND).filter(([name]) => {
    const binding = bindings[name];
    return typeof binding !== 'object' || binding === null;
  });
  if (missing.length === 0) return ok('queues', `${Object.keys(BOUND).join(', ')}.`);
  return failed(
    'queues',
    `Not bound: ${missing.map(([name, what]) => `${name} (${what})`).join(', ')}.`,
    [
      'Take wrangler.toml as it is in the repository: it names them, and deploy creates them.',
      'Deploy with the command below, then check again.',
    ],
    [{ label: 'Deploy', value: 'npm run deploy' }],
  );
}
