// Cron's part in the set-up: probes that nobody waits for any more are stopped, visits that are over forgotten.
import { sweepSetupVisits } from '../db/setup.ts';
import type { SyncPorts } from '../sync/ports.ts';
import { closeProbes } from './checks/probe.ts';
import { SETUP_LINK_TTL_MS } from './link.ts';

/** @throws {DatabaseError} */
export async function tendSetup(ports: SyncPorts): Promise<void> {
  await closeProbes(ports);
  // A used link stays refused for as long as its token would be good.
  await sweepSetupVisits(ports.db, ports.nowMs() - 2 * SETUP_LINK_TTL_MS);
}
