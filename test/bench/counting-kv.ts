// A KV namespace that counts what each kind of operation is charged for.
import type { ChannelStore } from '../../src/sync/ports.ts';

/** In which an answer says what its request cost, as JSON. */
export const KV_COUNTS_HEADER = 'x-kv-counts';

export interface KvCounts {
  reads: number;
  writes: number;
  deletes: number;
  lists: number;
}

export const noKvCounts = (): KvCounts => ({ reads: 0, writes: 0, deletes: 0, lists: 0 });

/** @param counts asked for anew at every call, so that the owner can begin a new count */
export function countingKv(kv: KVNamespace, counts: () => KvCounts): ChannelStore {
  return {
    get: (key: string, ...rest: never[]) => {
      counts().reads += 1;
      return kv.get(key, ...rest);
    },
    put: (...all: Parameters<KVNamespace['put']>) => {
      counts().writes += 1;
      return kv.put(...all);
    },
    delete: (key: string) => {
      counts().deletes += 1;
      return kv.delete(key);
    },
    list: (...all: never[]) => {
      counts().lists += 1;
      return kv.list(...all);
    },
  } as unknown as ChannelStore;
}
