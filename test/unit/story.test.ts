// The lines that `npm start` prints.
import { describe, expect, test } from 'vitest';
import { parseLogLine, tell } from '../start/story.ts';

const ana = { name: 'Ana Silva', address: 'ana@example.test' };
const known = () => ana;

function written(fields: Record<string, unknown>) {
  return {
    level: 'info',
    event: 'user.written',
    userId: '117',
    cause: 'push',
    latencyMs: 41,
    ...fields,
  };
}

describe('a line of the story', () => {
  test.each([
    ['user.created', [], 'added'],
    ['user.suspended', ['status'], 'suspended'],
    ['user.deleted', ['status'], 'deleted'],
    ['user.restored', ['status'], 'restored'],
    ['user.updated', ['given_name', 'full_name', 'roles'], 'changed: name, roles'],
  ])('says of %s what happened, to whom and how soon after the push', (type, changed, words) => {
    const line = tell(written({ type, changed }), known);
    expect(line).toContain('Ana Silva');
    expect(line).toContain('<ana@example.test>');
    expect(line).toContain(words);
    expect(line).toContain("41 ms after Google's push");
  });

  test('claims no push for what a pass found', () => {
    expect(tell(written({ type: 'user.created', cause: 'reconcile' }), known)).not.toContain(
      'push',
    );
  });

  test.each([
    [{ event: 'sign-in.admitted' }, 'signed in'],
    [{ event: 'sign-in.refused', reason: 'suspended' }, 'was not let in: suspended'],
    [{ event: 'frame.admitted' }, 'signed in inside a frame'],
    [{ event: 'session.ended', everywhere: false }, 'signed out'],
    [{ event: 'session.ended', everywhere: true }, 'signed out everywhere'],
  ])('says who came and went: %o', (fields, words) => {
    const line = tell({ level: 'info', userId: '117', ...fields }, known) ?? '';
    expect(line).toContain('<ana@example.test>');
    expect(line.endsWith(`  ${words}`)).toBe(true);
  });

  test('says what a pass made good, and what is held', () => {
    const line = (fields: Record<string, unknown>) =>
      tell({ level: 'warn', event: '', ...fields }, known);
    expect(line({ event: 'reconcile.drift', drift: 5 })).toContain('5 change(s) that no push');
    expect(line({ event: 'reconcile.held', missing: 9 })).toContain('9 people are missing');
    expect(line({ event: 'channel.suspect', channelEvent: 'update', reason: 'missed' })).toContain(
      'update is suspect (missed)',
    );
  });

  test.each([
    [
      'user:117',
      'held-removals.approve',
      { outcome: 'approved', people: 30 },
      /<ana@.*> {2}approved what was held: approved, 30 people$/,
    ],
    [
      'setup-link',
      'setup.check',
      { outcome: 'checked', ok: 12, failed: 1, waiting: 0 },
      /^Whoever has the set-up link {2}checked the set-up: checked, 12 ok, 1 failed, 0 waiting$/,
    ],
    [
      'operator-token',
      'pass.start',
      { outcome: 'started' },
      /^Whoever has the operator token {2}asked for a/,
    ],
    ['user:117', 'something.new', { outcome: 'done' }, /something\.new: done$/],
  ])('says which operator did what: %s %s', (actor, action, ended, words) => {
    const fields = { level: 'info', event: 'operator.acted', actor, action, ...ended };
    expect(tell(fields, known)).toMatch(words);
  });

  test.each([
    [{ event: 'console.refused', userId: '117' }, /<ana@.*> {2}came to the console/],
    [{ event: 'setup.unavailable', code: 'd1-read' }, /set-up: d1-read$/],
    [{ event: 'probe.not-stopped', code: 'network' }, /not stopped yet: network$/],
  ])('says what the pages for operators ran into: %o', (fields, words) => {
    expect(tell({ level: 'warn', ...fields }, known)).toMatch(words);
  });

  test('says of a sign-in that came to nothing why', () => {
    const ended = {
      level: 'warn',
      event: 'sign-in.ended',
      reason: 'declined',
      code: 'access_denied',
    };
    expect(tell(ended, known)).toBe('A sign-in ended: declined access_denied');
  });

  test('keeps a hostile name from drawing on the terminal or turning the line around', () => {
    const hostile = { name: '\u001b[2Jx\u202Eevil\r\n', address: 'x@example.test\u0007' };
    const line = tell(written({ type: 'user.created' }), () => hostile) ?? '';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001F\u007F\u202E]/);
  });

  test('falls back to the id of somebody the Workspace does not know', () => {
    expect(tell(written({ type: 'user.created' }), () => null)).toContain('117');
  });

  test('is found among the colours of the terminal, and nothing else is taken for one', () => {
    const json = '{"level":"error","event":"channel.not-opened","code":"network"}';
    expect(parseLogLine(`\u001b[31mERROR\u001b[0m ${json}\u001b[0m`)?.event).toBe(
      'channel.not-opened',
    );
    expect(parseLogLine('[wrangler:info] GET / 200 OK (19ms)')).toBeNull();
    expect(parseLogLine('{"level":"info","event":')).toBeNull();
  });
});
