// The file of settings: what it says of itself when it is wrong, and that nothing in it is lost or shown.
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings, refuseUnknown, saveSetting } from '../../src/setup/cli/deploy-file.ts';
import { readKeyFile } from '../../src/setup/cli/deploy-questions.ts';
import { Stop } from '../../src/setup/cli/wrangler.ts';
import { APP_SECRET, KEY_FILE } from './deploy-project.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-file-'));
  path = join(folder, 'my.vars');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (say: (line: string) => void = () => {}) => readSettings(path, true, say);

/** What is said of the names in a file. */
function objection(text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  try {
    refuseUnknown(read(), path);
  } catch (error) {
    if (error instanceof Stop) return error.message;
    throw error;
  }
  return '';
}

/** A private key whose base64 ends in `==`, as every third one's does: what stands before that looks like a name. */
function paddedKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return pem.includes('==\n') ? pem : paddedKey();
}

describe('security 7: a key that was pasted over several lines', () => {
  const pem = paddedKey();
  const lines = pem.split('\n').filter((line) => line.length > 8 && !line.startsWith('-'));

  test.each([
    ['as it was downloaded', JSON.stringify({ type: 'x', private_key: pem }, null, 2)],
    ['as a PEM', pem],
    ['as a PEM after its name', `PRIVATE_KEY=${pem}`],
  ])('%s: what to do is said, and no byte of it', (_, key) => {
    const words = objection(`GOOGLE_ADMIN_EMAIL=a@b.test\nGOOGLE_SERVICE_ACCOUNT_KEY=${key}\n`);

    expect(words).toContain('on one line, in single quotes');
    expect(words).toContain('--key');
    for (const line of [...lines, 'BEGIN', 'private_key'])
      expect(words).not.toContain(line.replace(/=+$/, ''));
  });
});

test('a misspelt name is repeated, one with anything else in it is not', () => {
  expect(objection('GOOGLE_ADMIN_MAIL=a@b.test\n')).toBe(
    `${path} names what is no setting of Rollcall: GOOGLE_ADMIN_MAIL`,
  );
  const both = objection('GOOGLE_ADMIN_MAIL=a@b.test\nX\u001b]0;pwned\u0007_Y=1\n');
  expect(both).toContain('GOOGLE_ADMIN_MAIL');
  expect(both).toContain('a line that is no NAME=value');
  expect(both).not.toContain('pwned');
});

test('a file that an editor on Windows has written is read like any other', () => {
  expect(objection('\ufeffGOOGLE_ADMIN_EMAIL=a@b.test\r\nAPP_SECRET=\r\n')).toBe('');
  expect(read()).toEqual({ GOOGLE_ADMIN_EMAIL: 'a@b.test' });
  saveSetting(path, 'APP_SECRET', APP_SECRET);
  expect(read()).toEqual({ GOOGLE_ADMIN_EMAIL: 'a@b.test', APP_SECRET });
  writeFileSync(path, `\ufeff${KEY_FILE}`);
  expect(JSON.parse(readKeyFile(path))).toEqual(JSON.parse(KEY_FILE));
});

describe('a setting that is saved', () => {
  test.each([
    ['below an empty line that wins', 'APP_SECRET=oldvalue==\nPUBLIC_URL=x\nAPP_SECRET=\n'],
    ['with a remark behind it', '# mine\nAPP_SECRET= # still to come\nPUBLIC_URL=x'],
    ['exported', 'export APP_SECRET=\nPUBLIC_URL=x\n'],
    ['with quotes around nothing', 'PUBLIC_URL=x\r\nAPP_SECRET=""\r\n'],
  ])('leaves no half of another behind: %s', (_, text) => {
    writeFileSync(path, text);
    saveSetting(path, 'APP_SECRET', 'new');

    expect(read()).toEqual({ PUBLIC_URL: 'x', APP_SECRET: 'new' });
    refuseUnknown(read(), path);
  });

  test('is there whole or not at all, for nobody else, and nothing lies beside it', () => {
    writeFileSync(path, 'PUBLIC_URL=x\n', { mode: 0o644 });
    saveSetting(path, 'APP_SECRET', 'new');

    expect(readFileSync(path, 'utf8')).toBe('PUBLIC_URL=x\nAPP_SECRET=new\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['my.vars']);
  });

  test('through a link reaches what that leads to', () => {
    const real = join(folder, 'vault.vars');
    writeFileSync(real, 'PUBLIC_URL=x\n');
    symlinkSync(real, path);
    saveSetting(path, 'APP_SECRET', 'new');

    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('APP_SECRET=new');
  });

  // Of the test's own making: nothing of the machine's is at stake, whatever the code under test does to it.
  test.each(['a folder', 'a socket'])('is not lost in what is no file: %s', async (what) => {
    const server = createServer();
    if (what === 'a folder') mkdirSync(path);
    else await new Promise<void>((done) => server.listen(path, done));
    try {
      const save = () => saveSetting(path, 'APP_SECRET', 'new');
      expect(save).toThrow(Stop);
      expect(save).toThrow('that is no file. Nothing was changed.');
      expect(statSync(path).isFile()).toBe(false);
    } finally {
      server.close();
    }
  });

  test('that can’t be written is told, and what was there stays', () => {
    const nowhere = join(folder, 'no', 'such.vars');

    expect(() => saveSetting(nowhere, 'APP_SECRET', 'new')).toThrow(`can't be written: ENOENT`);
  });
});

test('a file that is open to others is closed, with a word', () => {
  writeFileSync(path, 'PUBLIC_URL=x\n');
  chmodSync(path, 0o644);
  const said: string[] = [];
  read((line) => said.push(line));

  expect(said).toEqual([expect.stringContaining('closed (mode 0600)')]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
