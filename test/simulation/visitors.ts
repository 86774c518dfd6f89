// Who comes from outside besides Google's own pushes: people who sign in, forgers, careless code, an operator.

import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { readSession } from '../../src/db/sessions.ts';
import type { ChannelEvent } from '../../src/google/channels.ts';
import { admit } from '../../src/sso/admission.ts';
import type { SsoPorts } from '../../src/sso/ports.ts';
import { hashOf } from '../../src/sso/token.ts';
import {
  approveHeldRemovals,
  readHeldRemovals,
  rejectHeldRemovals,
} from '../../src/sync/held-removals.ts';
import type { World } from './world.ts';

/** Somebody whom Google has identified asks to come in; with a challenge, for a frame as well. */
export function signIn(world: World, userId: string, challenge: string | null): void {
  world.counts.signIns += 1;
  world.start('visitor', async (actor) => {
    const ports = world.portsFor(actor) as SsoPorts;
    const claims = { sub: userId, hostedDomain: 'example.test', isEmailVerified: true };
    try {
      const admission = await admit(ports, { claims, presented: null, challenge });
      if (admission.kind !== 'admitted') return;
      world.counts.sessions += 1;
      world.tokens.push(admission.token);
    } catch {
      // The database was away: a page that says so.
    }
  });
}

/** Somebody who signed in comes again. */
export function visit(world: World, token: string): void {
  world.start('visitor', async (actor) => {
    const { db } = world.portsFor(actor);
    await readSession(db, await hashOf(token), 'page', world.nowMs).catch(() => null);
  });
}

function post(world: World, headers: Record<string, string>, userId: string): void {
  const url = new URL('/google/notifications', world.config.publicUrl);
  const body = JSON.stringify({ id: userId });
  void world.receive(new Request(url, { method: 'POST', headers, body })).catch(() => null);
}

/** A genuine push that Google has sent before, or that somebody replays. */
export function replay(world: World, userId: string, event: ChannelEvent): void {
  const [channel] = world.google.channels.live;
  if (!channel) return;
  const headers = {
    'x-goog-channel-id': channel.id,
    'x-goog-channel-token': channel.token ?? '',
    'x-goog-resource-state': event,
  };
  post(world, headers, userId);
}

/** A push that nobody at Google has sent, under a token that was made up. */
export function forge(world: World, userId: string): void {
  const id = world.google.channels.live[0]?.id ?? '01977b1e-0000-7000-8000-000000000000';
  const token = `v1.default.*.${'A'.repeat(43)}`;
  post(world, { 'x-goog-channel-id': id, 'x-goog-channel-token': token }, userId);
}

/** An operator looks at who is held, and decides about them. */
export function decide(world: World, verdict: 'approve' | 'reject'): void {
  world.start('operator', async (actor) => {
    const ports = world.portsFor(actor);
    try {
      const { removals, hash } = await readHeldRemovals(ports, DEFAULT_DIRECTORY_ID);
      if (removals.length === 0) return;
      const approve = verdict === 'approve';
      if (approve) world.witness?.approving(removals.map(({ userId }) => userId));
      const decideAbout = approve ? approveHeldRemovals : rejectHeldRemovals;
      await decideAbout(ports, DEFAULT_DIRECTORY_ID, hash);
    } catch {
      // The database was away: the operator asks again some time.
    }
  });
}

/** Code of next year that forgets the rules: the triggers have to hold against it. */
export function insertCarelessly(world: World, userId: string, hash: string): void {
  world.start('careless', async (actor) => {
    const { d1 } = world.portsFor(actor).db;
    await d1
      .prepare(
        `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms)
         VALUES (?1, 'default', ?2, 'page', ?3, ?4)`,
      )
      .bind(hash, userId, world.nowMs, world.nowMs + 3_600_000)
      .run()
      .catch(() => null);
  });
}
