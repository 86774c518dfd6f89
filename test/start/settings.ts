// Where `npm start` keeps what it makes, apart from a user's own `.dev.vars` and state, and the settings it
// makes there: random secrets, addresses on loopback.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

const DEFAULT_WORKER_PORT = 8787;
export const WORKER_PORT = Number(process.env['WORKER_PORT'] ?? DEFAULT_WORKER_PORT);
export const GOOGLE_PORT = Number(process.env['GOOGLE_PORT'] ?? 8788);

/** Two that run side by side on other ports do not share a folder. */
const NAME = WORKER_PORT === DEFAULT_WORKER_PORT ? 'laptop' : `laptop-${WORKER_PORT}`;
const FOLDER = `${ROOT}.wrangler/${NAME}`;

export const PATHS = {
  envFile: `${FOLDER}/env`,
  workerState: `${FOLDER}/state`,
  google: `${FOLDER}/google.json`,
} as const;

/** Empties the folder, unless both sides of the last run are to be kept. */
export function prepareFolder(keep: boolean): void {
  if (!keep) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
}

/** A secret outlives a restart with `--keep`: without it the channels that are open would be strangers. */
function appSecret(): string {
  const kept = existsSync(PATHS.envFile)
    ? /^APP_SECRET=(\S+)$/m.exec(readFileSync(PATHS.envFile, 'utf8'))?.[1]
    : undefined;
  return kept ?? randomBytes(36).toString('base64url');
}

/**
 * Writes the file for `wrangler dev --env-file`; only its owner can read it.
 *
 * @returns its APP_SECRET
 */
export function writeEnvFile(settings: {
  publicUrl: string;
  googleOrigin: string;
  adminEmail: string;
  serviceAccountKey: string;
  oauthClient: { clientId: string; clientSecret: string };
  embedder: string;
}): string {
  const secret = appSecret();
  const vars = {
    PUBLIC_URL: settings.publicUrl,
    GOOGLE_API_ORIGIN: settings.googleOrigin,
    GOOGLE_ADMIN_EMAIL: settings.adminEmail,
    // One line, as a key file's escaped newlines allow; single quotes keep them escaped.
    GOOGLE_SERVICE_ACCOUNT_KEY: `'${JSON.stringify(JSON.parse(settings.serviceAccountKey))}'`,
    APP_SECRET: secret,
    GOOGLE_ISSUER: settings.googleOrigin,
    GOOGLE_CLIENT_ID: settings.oauthClient.clientId,
    GOOGLE_CLIENT_SECRET: settings.oauthClient.clientSecret,
    EMBED_ANCESTORS: settings.embedder,
    RECONCILE_EVERY_MINUTES: '1',
    OPERATOR_TOKEN: randomBytes(32).toString('base64url'),
  };
  const text = Object.entries(vars).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(PATHS.envFile, text.join(''), { mode: 0o600 });
  return secret;
}
