// The directory that the configuration describes. Its row is made by whoever comes first: cron, a pass, a push.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { ensureDirectory } from '../db/directories.ts';
import type { SyncPorts } from './ports.ts';

/** Writes nothing if the row is there and says the same. */
export function ensureDefaultDirectory({ db, config }: SyncPorts): Promise<void> {
  const { customer, adminEmails } = config;
  return ensureDirectory(db, {
    id: DEFAULT_DIRECTORY_ID,
    customer,
    adminEmail: adminEmails.join(','),
  });
}
