// A Worker's environment that is complete and right, for tests that bend one var of it.
import { generateKeyPairSync } from 'node:crypto';
import type { Env } from '../../src/config.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const KEY_FILE = {
  type: 'service_account',
  project_id: 'rollcall-test',
  private_key_id: 'test-key-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  client_email: 'rollcall@rollcall-test.iam.gserviceaccount.com',
  client_id: '100000000000000000001',
  token_uri: 'https://oauth2.googleapis.com/token',
};

/** The text of a key file that differs from a right one in some fields; `undefined` leaves one out. */
export function aKeyFile(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...KEY_FILE, ...fields });
}

export const APP_SECRET = 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0oI';
export const OTHER_SECRET = 'Zp0oI9uY8tR7eW6qA5sD4fG3hJ2kL1zX';

/** Every required var and every binding; `undefined` takes one away. */
export function anEnv(vars: Record<string, unknown> = {}): Env {
  const env = {
    PUBLIC_URL: 'https://people.rollcall.example',
    GOOGLE_ADMIN_EMAIL: 'admin@example.test',
    GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile(),
    APP_SECRET,
    DB: {},
    CHANNELS: {},
    CHANGES: {},
    RECONCILE: {},
    PUSH_LIMIT: {},
    LOGIN_LIMIT: {},
    ...vars,
  };
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined),
  ) as unknown as Env;
}
