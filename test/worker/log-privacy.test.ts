// Logs, queue messages and dead letters hold ids and counts.
import { afterEach, expect, test, vi } from 'vitest';
import { consumeChanges } from '../../src/sync/consume.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { API_FAULTS } from '../google/fault-switches.ts';
import { acquaint, aHint, breakDatabase, deadLetters, give } from './hints.ts';
import { aMessage, createWorld, env, type World } from './world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything of people, tokens and keys that this world holds, and that must stay where it is. */
function secretsOf(world: World): string[] {
  const key = JSON.parse(String(env['GOOGLE_SERVICE_ACCOUNT_KEY']));
  const everybody = [...world.google.workspace.users, ...world.google.workspace.deleted];
  const words = everybody.flatMap((user) => [
    user.primaryEmail,
    user.name.familyName,
    user.name.fullName,
    ...(user.aliases ?? []),
  ]);
  return [
    ...words.filter((word) => word.length > 3),
    'example.test',
    'ya29.',
    'BEGIN PRIVATE KEY',
    key.private_key.slice(60, 100),
    key.private_key_id,
    key.client_email,
    'Bearer ',
    'APP_SECRET',
    String(env['APP_SECRET']),
    'eyJ',
    'v1.default.',
  ];
}

test('secrets, logs: no line and no message holds an address, a name, a token or a key', async () => {
  const lines: unknown[] = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...words) => void lines.push(words));
  const world = await createWorld();
  const { google } = world;
  const { workspace } = google;
  const messages: unknown[] = [];
  const remember = () => messages.push(...world.queue.map(({ body }) => body));

  // Channels open, people come, change and go.
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await world.settle();
  const people = workspace.addMany(5, { with: { name: { familyName: 'Unmistakable' } } });
  workspace.add({ primaryEmail: 'zoë.quux@example.test', givenName: 'Zoë', familyName: 'Quux' });
  await world.push();
  remember();
  await world.settle();
  await acquaint(world, ...people.map(({ id }) => id));
  for (const { id } of people) workspace.suspend(id);
  workspace.remove(people[0]?.id ?? '');
  await world.push();
  remember();
  await world.settle();

  // Google fails in every way, and answers oddly.
  for (const fault of API_FAULTS.filter((one) => one !== 'slow')) {
    google.faults.failNext('get', fault, 2);
    google.faults.failNext('token', fault, 1);
    google.tokens.revokeAll();
    await give(world, ...people.map(({ id }) => aHint(world, id)));
    await world.settle();
    google.faults.reset();
  }
  google.workspace.raw(people[1]?.id ?? '', { primaryEmail: 7, suspended: 'Unmistakable' });
  google.workspace.raw(people[2]?.id ?? '', {
    customSchemas: { Big: 'x'.repeat(300_000) },
    suspended: false,
  });
  google.workspace.raw(people[3]?.id ?? '', { id: '999999999999' });
  await give(world, ...people.map(({ id }) => aHint(world, id)));
  await world.settle();
  google.accounts.removeDelegation();
  google.tokens.revokeAll();
  await give(world, aHint(world, people[4]?.id ?? ''));
  await world.settle();

  // The database fails, with bound parameters in its words; the queue brings nonsense.
  const mend = breakDatabase(world);
  await give(world, aHint(world, people[4]?.id ?? ''));
  await world.consume();
  await consumeChanges(world.ports, [aMessage({ kind: 'look' })]);
  mend();

  const logged = JSON.stringify([world.logs, lines]);
  const queued = JSON.stringify([messages, world.queue.map(({ body }) => body)]);
  const buried = JSON.stringify(await deadLetters());
  expect(world.logs.length).toBeGreaterThan(10);
  expect(messages.length).toBeGreaterThan(5);
  expect((await deadLetters()).length).toBeGreaterThan(1);
  for (const secret of secretsOf(world)) {
    expect(logged).not.toContain(secret);
    expect(queued).not.toContain(secret);
    expect(buried).not.toContain(secret);
  }
});
