// The page of one person as a test reads it: what stands there as words, and where a form leads.
import { expect } from 'vitest';
import { addRule } from '../../src/db/role-rules.ts';
import { readRoleBook } from '../../src/roles/book.ts';
import { beginRecompute } from '../../src/sync/recompute.ts';
import { expectGuarded, type Fields, post } from './operators.ts';
import type { Visitor } from './visitor.ts';
import type { World } from './world.ts';

/** As it is read: what stands in a line stays together. */
export const wordsOf = (text: string) =>
  text
    .replaceAll(/<\/?(?:bdi|code|time|a)\b[^>]*>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

export interface Shown {
  status: number;
  text: string;
  words: string;
}

/** A guarded answer, as it is read. */
export async function shown(response: Response | Promise<Response>): Promise<Shown> {
  const answer = await response;
  expectGuarded(answer);
  const text = await answer.text();
  return { status: answer.status, text, words: wordsOf(text) };
}

/** Sends a form and goes where it leads. */
export async function send(visitor: Visitor, path: string, fields: Fields = {}): Promise<Shown> {
  const response = await post(visitor, path, fields);
  if (response.status !== 303) return shown(response);
  return shown(visitor.ask(response.headers.get('location') ?? ''));
}

/** A rule, saved and applied. */
export async function aRule(world: World, source: object, role: string): Promise<void> {
  const { db, config, nowMs } = world.ports;
  const book = await readRoleBook({ db, config }, 'default', []);
  const change = {
    directoryId: 'default',
    version: book?.version ?? 0,
    madeBy: 'user:1',
    nowMs: nowMs(),
  };
  expect(await addRule(db, change, { source: JSON.stringify(source), role })).toBe(true);
  await beginRecompute(world.ports, 'default');
}
