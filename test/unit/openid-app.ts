// An app at the laptop Workspace, for tests of what it is told there: it gets codes and brings them back.
import { decodeJwt } from 'jose';
import { createGoogle, type Google } from '../google/google.ts';

export const ACCOUNTS = 'https://accounts.google.com';
export const REDIRECT_URI = 'https://people.rollcall.example/auth/callback';
export const CLIENT = {
  clientId: 'the-client',
  clientSecret: 'the secret',
  redirectUris: [REDIRECT_URI],
};
export const SUNNY = 'sunny@example.test';
export const FREELANCE = 'freelance@example.test';
export const START_MS = Date.UTC(2026, 10, 22, 12);
export const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } };

export async function openIdApp() {
  const clock = { nowMs: START_MS };
  const google: Google = await createGoogle({ nowMs: () => clock.nowMs, oauthClient: CLIENT });
  await google.openid.keys.ready();
  const pristine = google.snapshot();

  const idOf = (address: string) => google.openid.accounts.find(address)?.id ?? '';

  async function codeFor(address = SUNNY, params = {}, at = ACCOUNTS): Promise<string> {
    const asked = {
      client_id: CLIENT.clientId,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid email profile',
    };
    const form = {
      continue: String(new URLSearchParams({ ...asked, ...params })),
      account: idOf(address),
      decision: 'continue',
    };
    const response = await google.fetch(
      new Request(`${at}/o/oauth2/v2/auth/consent`, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { cookie: `google_accounts=${idOf(address)}` },
      }),
    );
    return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
  }

  /** `null` leaves a field out. */
  async function redeem(code: string, fields: Record<string, string | null> = {}, headers = {}) {
    const form = Object.entries({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
      ...fields,
    }).filter((one): one is [string, string] => one[1] !== null);
    const response = await google.fetch(
      new Request('https://oauth2.googleapis.com/token', {
        method: 'POST',
        body: new URLSearchParams(form),
        headers,
      }),
    );
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  return {
    google,
    clock,
    idOf,
    codeFor,
    redeem,
    claimsFor: async (address?: string, params?: object, at?: string) => {
      const { body } = await redeem(await codeFor(address, params, at));
      return decodeJwt(body['id_token'] ?? '');
    },
    get: async (url: string, headers = {}) => {
      const response = await google.fetch(new Request(url, { headers }));
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, body };
    },
    /** All as in the beginning. */
    reset: () => {
      clock.nowMs = START_MS;
      google.restore(pristine);
      google.calls.length = 0;
    },
  };
}
