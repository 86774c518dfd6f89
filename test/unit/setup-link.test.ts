// `npm run setup-link` as a real process: to a terminal only, from wherever its two settings are, and nothing typed is
// echoed.

import { afterEach, describe, expect, test } from 'vitest';
import { isSetupToken, SETUP_LINK_TTL_MS } from '../../src/setup/link.ts';
import { APP_SECRET, hasPseudoTerminal, newProject, type Project } from './deploy-project.ts';
import type { Account } from './deploy-stand-in.ts';

const ORIGIN = 'https://people.acme.example';
const projects: Project[] = [];

function project(account: Partial<Account> = {}) {
  const made = newProject(account);
  projects.push(made);
  return made;
}

afterEach(() => {
  for (const made of projects.splice(0)) made.remove();
});

/** The link's token, if it leads where it should and nobody else's secret opens it. */
async function expectLink(output: string, origin = ORIGIN, appSecret = APP_SECRET): Promise<void> {
  const link = /(\S+\/setup\/open\?link=\S+)/.exec(output)?.[1] ?? 'https://no-link-in.example';
  const url = new URL(link);
  const token = url.searchParams.get('link') ?? '';
  expect(url.origin).toBe(origin);
  expect(await isSetupToken({ appSecret, origin }, token, Date.now())).toBe(true);
  const later = Date.now() + SETUP_LINK_TTL_MS;
  expect(await isSetupToken({ appSecret, origin }, token, later)).toBe(false);
  expect(output).not.toContain(appSecret);
}

describe('npm run setup-link', { timeout: 90_000 }, () => {
  test('prints nothing into a pipe, whatever it knows', async () => {
    const made = project();
    made.write('.deploy.vars', `APP_SECRET=${APP_SECRET}\nPUBLIC_URL=${ORIGIN}\n`);
    const { code, output } = await made.run('setup-link');
    expect(code).toBe(1);
    expect(output).toContain('printed to a terminal only');
    expect(output).not.toContain('link=');
    expect(made.calls()).toEqual([]);
  });

  test('knows no option but its own', async () => {
    for (const strange of ['--allow-pipe', `APP_SECRET=${APP_SECRET}`]) {
      const { code, output } = await project().run('setup-link', [strange]);
      expect(code).toBe(1);
      expect(output).toContain('npm run setup-link -- [--file PATH]');
      // It may be a secret, at the wrong place.
      expect(output).not.toContain(strange);
      expect(output).not.toContain('at file:');
    }
  });
});

describe.skipIf(!hasPseudoTerminal)('npm run setup-link at a terminal', { timeout: 90_000 }, () => {
  test('from .deploy.vars, without a call to anybody', async () => {
    const made = project();
    made.write('.deploy.vars', `APP_SECRET=${APP_SECRET}\nPUBLIC_URL=${ORIGIN}\n`);
    const { code, output } = await made.runAtTerminal('setup-link', [], '');
    expect({ code, output }).toMatchObject({ code: 0 });
    await expectLink(output);
    expect(made.calls()).toEqual([]);
  });

  test('from .dev.vars where there is no other', async () => {
    const made = project();
    made.write('.dev.vars', `APP_SECRET=${APP_SECRET}\nPUBLIC_URL=http://localhost:8787\n`);
    const { output } = await made.runAtTerminal('setup-link', [], '');
    await expectLink(output, 'http://localhost:8787');
  });

  test('what it says of a file is safe to print', async () => {
    const name = 'x\u001b]0;pwned\u0007\u202ey.vars';
    const { output } = await project().runAtTerminal('setup-link', ['--file', name], '');
    expect(output).toContain("can't be read: ENOENT");
    expect(output.replace(/\r?\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('from a file by name; wrangler knows the address', async () => {
    const vars = { PUBLIC_URL: ORIGIN };
    const made = project({ hasWorker: true, hasDatabase: true, isMigrated: true, vars });
    made.write('mine.vars', `APP_SECRET=${APP_SECRET}\n`);
    const { output } = await made.runAtTerminal('setup-link', ['--file', 'mine.vars'], '');
    await expectLink(output);
    expect(made.steps()).toEqual([]);
  });

  test('asks for what nobody knows, and does not echo the secret', async () => {
    const made = project();
    const { code, output } = await made.runAtTerminal(
      'setup-link',
      [],
      `${APP_SECRET}\n${ORIGIN}\n`,
    );
    expect({ code, output }).toMatchObject({ code: 0 });
    await expectLink(output);
  });

  test.each([
    ['a weak secret', `changemechangemechangemechangeme\n`, 'APP_SECRET looks like an example'],
    ['no secret', '\n', 'APP_SECRET is not at hand'],
    ['no origin', `${APP_SECRET}\npeople\n`, 'PUBLIC_URL must be an origin'],
  ])('refuses %s', async (_, typed, words) => {
    const { code, output } = await project().runAtTerminal('setup-link', [], typed);
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(output).not.toContain('link=');
  });

  test('Ctrl-C ends it', async () => {
    const { code, output } = await project().runAtTerminal('setup-link', [], '\u0003\n');
    expect(code).toBe(1);
    expect(output).toContain('Interrupted');
  });
});
