// What each command of a history does to the world.
import { API_FAULTS, type CallKind } from '../google/fault-switches.ts';
import type { Command, Kind, WorldName } from './history.ts';
import { DEEDS, type Deed, doDeed, idsOf } from './people.ts';
import { type Chance, chanceFrom, oneOf } from './random.ts';
import { doRoleCommand, isRoleKind, type RoleKind } from './role-commands.ts';
import { decide, forge, insertCarelessly, replay, signIn, visit } from './visitors.ts';
import type { World } from './world.ts';

const isDeed = (kind: Kind): kind is Deed => (DEEDS as readonly string[]).includes(kind);

/** Failures that the product may meet; a slow answer would only take real time. */
const FAULTS = API_FAULTS.filter((fault) => fault !== 'slow');
const FAILING: readonly CallKind[] = ['get', 'get', 'list', 'token', 'watch', 'any'];

export function doCommand(world: World, name: WorldName, command: Command): void {
  const chance = chanceFrom(command.salt ^ 0x68e31da4);
  const { kind, who } = command;
  if (isDeed(kind)) doDeed(world.google, kind, who, chance.below(1000));
  else if (isRoleKind(kind)) doRoleCommand(world, kind, who, chance);
  else if (kind === 'signIn' || kind === 'visit' || kind === 'careless')
    comeIn(world, kind, who, chance);
  else if (kind === 'approve' || kind === 'reject') decide(world, kind);
  else trouble(world, name, kind, who, chance);
}

function comeIn(world: World, kind: 'signIn' | 'visit' | 'careless', who: number, chance: Chance) {
  const ids = idsOf(world.google);
  const userId = ids[who % ids.length] ?? '';
  if (kind === 'signIn') {
    signIn(world, userId, chance.happens(0.3) ? 'c'.repeat(43) : null);
  } else if (kind === 'careless') {
    const hash = String(chance.below(1e9)).padStart(43, 'x');
    insertCarelessly(world, userId, hash);
  } else if (world.tokens.length > 0) visit(world, oneOf(chance, world.tokens));
}

function trouble(
  world: World,
  name: WorldName,
  kind: Exclude<Kind, Deed | RoleKind | 'signIn' | 'visit' | 'careless' | 'approve' | 'reject'>,
  who: number,
  chance: Chance,
): void {
  const { google, scheduler } = world;
  const { faults } = google;
  switch (kind) {
    case 'moment':
      scheduler.clock.nowMs += chance.below(1_000);
      return;
    case 'seconds':
      scheduler.clock.nowMs += chance.below(10_000);
      return;
    case 'minute':
      scheduler.clock.nowMs += chance.below(60_000);
      return;
    case 'minutes':
      scheduler.clock.nowMs += chance.below(6 * 60_000);
      return;
    case 'crash': {
      const { actors } = scheduler;
      if (actors.length > 0) world.kill(oneOf(chance, actors));
      return;
    }
    case 'deploy':
      for (const actor of scheduler.actors) world.kill(actor);
      return;
    case 'cron':
      world.cron();
      return;
    case 'forge':
      push(world, name, who, chance);
      return;
    case 'channelsDie':
      for (const { id } of google.channels.live) google.channels.expire(id);
      return;
    case 'getLag':
      faults.getLagMs = chance.happens(0.4) ? 0 : chance.below(90_000);
      return;
    case 'listLag':
      faults.listLagMs = chance.happens(0.4) ? 0 : chance.below(4 * 60_000);
      return;
    case 'failing':
      faults.failNext(oneOf(chance, FAILING), oneOf(chance, FAULTS), 1 + chance.below(4), {
        ...(chance.happens(0.2) && { retryAfterSeconds: 1 + chance.below(30) }),
      });
      return;
    case 'oddList':
      faults.listWithoutUsers = chance.happens(0.5);
      faults.duplicatePageItems = chance.happens(0.5);
      return;
    case 'newUsersLate':
      faults.newUserDelayMs = chance.below(2) * chance.below(120_000);
      faults.conditionNotMetMs = chance.below(2) * chance.below(60_000);
      return;
    case 'cutBodies':
      world.border.temper.cutRate = chance.happens(0.5) ? 0.2 : 0;
      return;
    case 'queueRefuses':
      world.queue.temper.refusals = 1 + chance.below(4);
      return;
    case 'databaseFails':
      world.d1Temper.failures = 1 + chance.below(3);
      return;
    case 'kvFails':
      world.kv.temper.failRate = chance.happens(0.5) ? 0.3 : 0;
      return;
    case 'pushes':
      faults.dropPushes = chance.happens(0.5) ? 0 : 0.5;
      faults.duplicatePushes = chance.happens(0.5) ? 0 : 0.3;
      faults.pushDelayMs = chance.happens(0.6) ? 0 : chance.below(120_000);
      faults.reorderPushes = chance.happens(0.5) ? 0 : 0.5;
      faults.updateNoise = chance.happens(0.7) ? 0 : 0.3;
      return;
    case 'calm':
      faults.reset();
      return;
    default:
      kind satisfies never;
  }
}

/** A push that Google never sent: a replayed one, about anybody, which the receiver has to take for good. */
function push(world: World, name: WorldName, who: number, chance: Chance): void {
  const ids = idsOf(world.google);
  const userId = ids[who % ids.length] ?? '';
  const isHonest = name === 'there-and-back' || chance.happens(0.6);
  if (isHonest) {
    const event = name === 'there-and-back' ? 'update' : oneOf(chance, ['add', 'update', 'delete']);
    replay(world, userId, event as 'add' | 'update' | 'delete');
    return;
  }
  forge(world, userId);
}
