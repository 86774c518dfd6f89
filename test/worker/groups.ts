// A world with people in step, and what is stored of its groups.
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { readGroups } from '../../src/roles/groups.ts';
import { importAll } from './doctor-patient.ts';
import { createWorld, env, type World, type WorldOptions } from './world.ts';

export const ENGINEERING = 'engineering@example.test';
export const PLATFORM = 'platform@example.test';
export const EVERYONE = 'everyone@example.test';

/** Everybody is imported, and Google's calls so far are forgotten. */
export async function createGroupsWorld(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  await importAll(world);
  await settled();
  world.google.calls.length = 0;
  return world;
}

/** The first rule is made and everybody's roles are: recomputes asked for from here on are about groups. */
async function settled(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('UPDATE directories SET roles_version = 1 WHERE roles_version = 0'),
    env.DB.prepare('DELETE FROM role_recomputes'),
  ]);
}

/** Calls left: `count`, each request to Google's API and token endpoint one less. */
export function budget({ google }: World, count: number): () => number {
  const before = google.calls.length;
  return () => count - (google.calls.length - before);
}

/** Reads groups as a pass does. */
export function read(world: World, keys: readonly string[], calls = 100): Promise<void> {
  return readGroups(world.ports, DEFAULT_DIRECTORY_ID, keys, budget(world, calls));
}

/** The addresses of those who are stored as members, sorted; an id where nobody has it. */
export async function membersOf({ google }: World, groupKey: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT user_id AS id FROM group_members WHERE group_key = ?1',
  )
    .bind(groupKey)
    .all<{ id: string }>();
  return results.map(({ id }) => google.workspace.find(id)?.primaryEmail ?? id).sort();
}

export async function versionNow(): Promise<number> {
  const row = await env.DB.prepare('SELECT roles_version AS version FROM directories').first<{
    version: number;
  }>();
  return row?.version ?? -1;
}

export interface Asked {
  run: number;
  scope: string[] | null;
  afterId: string;
  askedMs: number;
  finishedMs: number | null;
  seen: number;
}

/** The recompute that was asked for last, its scope sorted. */
export async function asked(): Promise<Asked | null> {
  const row = await env.DB.prepare(
    `SELECT run, scope, after_id AS afterId, asked_ms AS askedMs, finished_ms AS finishedMs, seen FROM role_recomputes`,
  ).first<Omit<Asked, 'scope'> & { scope: string | null }>();
  return (
    row && { ...row, scope: row.scope === null ? null : (JSON.parse(row.scope) as string[]).sort() }
  );
}

export const finishRecompute = () =>
  env.DB.prepare('UPDATE role_recomputes SET finished_ms = 1, seen = 5').run();

export async function count(table: 'group_pages' | 'group_members' | 'groups'): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>();
  return row?.n ?? -1;
}
