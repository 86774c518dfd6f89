// The Worker's exports. Wiring, no rules.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { app } from './app.tsx';
import { type Env, readConfig } from './config.ts';
import { log } from './log.ts';
import { tendSetup } from './setup/tend.ts';
import { sweepExpired } from './sso/sweep.ts';
import { consumeChanges, consumeDeadChanges } from './sync/consume.ts';
import type { Pass, Steps } from './sync/pass.ts';
import { syncPorts } from './sync/ports.ts';
import { reconcile } from './sync/reconcile.ts';
import { runSchedule } from './sync/schedule.ts';
import { startPassIn } from './sync/start-pass.ts';

// Three minutes of retries bridge a stumble of Google's; a longer outage is the next pass's.
const STEP = {
  retries: { limit: 5, delay: '5 seconds', backoff: 'exponential' },
  timeout: '5 minutes',
} as const;

/** One pass; see sync/reconcile.ts. Its instance id names it in `reconcile_runs`. */
export class Reconcile extends WorkflowEntrypoint<Env, { directoryId: string }> {
  override async run(
    event: Readonly<WorkflowEvent<{ directoryId: string }>>,
    step: WorkflowStep,
  ): Promise<string> {
    const config = readConfig(this.env, log);
    if (config === null) return 'not-configured';
    const pass: Pass = { id: event.instanceId, directoryId: event.payload.directoryId };
    const steps: Steps = {
      // Every step of ours returns plain JSON; the platform's type can't see that through the generic.
      do: <T>(name: string, work: () => Promise<T>) =>
        step.do(name, STEP, work as () => Promise<never>) as Promise<T>,
      sleep: (name, ms) => step.sleep(name, ms),
    };
    return reconcile(syncPorts(this.env, config), steps, pass);
  }
}

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),

  async scheduled(controller, env, _ctx) {
    const config = readConfig(env, log);
    if (config === null) return;
    const ports = syncPorts(env, config);
    await runSchedule(ports, startPassIn(env), controller.scheduledTime, {
      sessions: () => sweepExpired(ports),
      setup: () => tendSetup(ports),
    });
  },

  async queue(batch, env, _ctx) {
    const config = readConfig(env, log);
    // Kept for as long as the queue keeps anything.
    if (config === null) return batch.retryAll({ delaySeconds: 3600 });
    const ports = syncPorts(env, config);
    switch (batch.queue) {
      case 'rollcall-changes':
        return consumeChanges(ports, batch.messages);
      case 'rollcall-changes-dead':
        return consumeDeadChanges(ports, batch.messages);
      default:
        throw new Error(`no consumer for the queue ${batch.queue}`);
    }
  },
} satisfies ExportedHandler<Env>;
