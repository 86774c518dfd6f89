// The product and a fake Google in one process and on one clock, which is moved on where somebody waits: cron opens the
// channels, a pass brings everybody in, and pushes go through the product's own receiver.
import { sweepExpired } from '../../src/sso/sweep.ts';
import { channelKeys } from '../../src/sync/channel-token.ts';
import type { Pass } from '../../src/sync/pass.ts';
import { receiveNotification } from '../../src/sync/receive.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createGoogle, type Google } from '../google/google.ts';
import { Clock, type InProcess, openInProcess } from './in-process.ts';

export interface WithinOneProcess {
  google: Google;
  product: InProcess;
  /** How many pushes have been received. */
  received(): number;
  /** Runs cron, delivers what Google has to say to channels, and consumes it; returns the passes that are due. */
  cron(): Promise<readonly Pass[]>;
}

/** @param people in the company, its admin included; nobody is imported yet */
export async function openWithinOneProcess(
  temporary: string,
  people: number,
): Promise<WithinOneProcess> {
  const clock = new Clock();
  let pushes = 0;
  let receive = async (_request: Request): Promise<Response> => new Response(null, { status: 503 });
  const origin = 'http://localhost:1';
  const google = await createGoogle({
    nowMs: clock.nowMs,
    seed: false,
    origin,
    deliver: (request) => receive(request),
  });
  google.workspace.addMany(people - 1, { push: false });
  const { serviceAccountKey } = google;
  const { adminEmail } = google.workspace;
  const product = await openInProcess(temporary, {
    google: { url: origin, adminEmail, serviceAccountKey },
    people,
    clock,
    fetch: (request) => google.fetch(request),
  });
  const keys = await channelKeys(product.ports().config);
  receive = async (request) => {
    pushes += 1;
    const { status } = await receiveNotification(
      {
        keys,
        enqueue: (message) => product.queue.send(message),
        isWithinLimit: async () => true,
        nowMs: clock.nowMs,
      },
      request,
    );
    return new Response(null, { status });
  };
  return {
    google,
    product,
    received: () => pushes,
    cron: async () => {
      const ports = product.ports();
      const due: Pass[] = [];
      const startPass = async (pass: Pass) => void due.push(pass);
      const sessions = () => sweepExpired(ports);
      await runSchedule(ports, startPass, clock.nowMs(), { sessions });
      await google.flush();
      await product.queue.drain(product.ports);
      return due;
    },
  };
}
