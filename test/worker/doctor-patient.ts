// A set-up for the doctor to look at: a world whose parts a test breaks one at a time. Whatever is found is looked through for
// secrets, in every test.
import { expect } from 'vitest';
import {
  DEFAULT_DIRECTORY_ID,
  type Env,
  type ParsedConfig,
  parseConfig,
} from '../../src/config.ts';
import { type DoctorWorld, examine } from '../../src/setup/doctor.ts';
import type { Check, Finding } from '../../src/setup/finding.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export const PUBLIC_URL = 'https://people.rollcall.example';
export const REDIRECT_URI = `${PUBLIC_URL}/auth/callback`;
export const CLIENT_ID = '100000000001-test.apps.googleusercontent.com';
const CLIENT_SECRET = 'GOCSPX-test-R7q2Lx9vTz';
/** Of the key file. */
export const NUMERIC_ID = '100000000000000000001';
export const SCOPE = 'https://www.googleapis.com/auth/admin.directory.user.readonly';
export const ADMIN = 'admin@example.test';

/** A deployed Worker with everything in order; `import: false` leaves the first pass out. */
export async function createPatient(
  options: WorldOptions & { import?: boolean } = {},
): Promise<World> {
  const world = await createWorld({
    ...options,
    vars: { GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_CLIENT_SECRET: CLIENT_SECRET, ...options.vars },
  });
  world.google.openid.clients.register({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [REDIRECT_URI],
  });
  if (options.import ?? true) await importAll(world);
  return world;
}

export async function importAll(world: World): Promise<void> {
  const pass = { id: crypto.randomUUID(), directoryId: DEFAULT_DIRECTORY_ID };
  await reconcile(world.ports, durableSteps(), pass);
}

/** The configuration with some fields of its key file bent; `undefined` leaves one out. */
export function withKey(world: World, fields: Record<string, unknown>): ParsedConfig {
  const file = JSON.parse(String(world.env['GOOGLE_SERVICE_ACCOUNT_KEY']));
  const key = JSON.stringify({ ...file, ...fields });
  return parseConfig({ ...world.env, GOOGLE_SERVICE_ACCOUNT_KEY: key });
}

/** While the doctor waits, pushes arrive and are consumed. */
export function doctorWorld(world: World, bent: Partial<DoctorWorld> = {}): DoctorWorld {
  return {
    parsed: parseConfig(world.env),
    surroundings: {
      fetch: (request) => world.google.fetch(request),
      nowMs: () => world.clock.nowMs,
      wait: async (ms) => {
        world.advance(ms);
        await world.push();
        await world.consume();
      },
      log: world.ports.log,
    },
    deployed: { ports: world.ports, bindings: world.env },
    ...bent,
  };
}

export function withoutBinding(world: World, name: string): Env {
  const { [name]: _, ...rest } = world.env;
  return rest as Env;
}

/** Examines, and fails if anything that is found holds a secret. */
export async function examined(
  world: World,
  bent: Partial<DoctorWorld> = {},
): Promise<Record<Check, Finding>> {
  const findings = await examine(doctorWorld(world, bent));
  holdsNoSecret(world, findings);
  return Object.fromEntries(findings.map((one) => [one.check, one])) as Record<Check, Finding>;
}

export function holdsNoSecret(world: World, findings: readonly Finding[]): void {
  const text = JSON.stringify(findings);
  const key = JSON.parse(String(world.env['GOOGLE_SERVICE_ACCOUNT_KEY']));
  const secrets = [
    ...String(key.private_key)
      .split('\n')
      .filter((line) => line.length > 20 && !line.startsWith('-')),
    'BEGIN PRIVATE KEY',
    String(world.env['APP_SECRET']),
    String(world.env['GOOGLE_CLIENT_SECRET'] ?? CLIENT_SECRET),
    CLIENT_SECRET,
    'ya29.',
    'eyJ',
    'v1.default.',
  ];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
}

/** All that a finding tells a person, as one text. */
export const told = ({ says, steps, paste }: Finding): string =>
  [says, ...steps, ...paste.map(({ label, value }) => `${label}: ${value}`)].join('\n');

export const states = (findings: Record<Check, Finding>, ...checks: Check[]) =>
  checks.map((check) => findings[check].state);
