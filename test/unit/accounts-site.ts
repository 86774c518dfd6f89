// The accounts site of the laptop Workspace, driven as a browser in workerd's tests does it: through Google's real host
// names.
import { createGoogle, type Google } from '../google/google.ts';
import type { OAuthClient } from '../google/openid/clients.ts';

export const ACCOUNTS = 'https://accounts.google.com';
export const AUTH = '/o/oauth2/v2/auth';
export const APP = 'https://people.rollcall.example';
export const CLIENT = {
  clientId: 'the-client',
  clientSecret: 's',
  redirectUris: [`${APP}/auth/callback`],
};
export const [SUNNY, NOOR, RAVI] = [
  'sunny@example.test',
  'noor@example.test',
  'ravi@example-studio.test',
] as const;
export const FREELANCE = 'freelance@example.test';
export const GMAIL = 'rosa.quill@gmail.com';
export const SUSPENDED = 'chloe.martin@example.test';
export const ARCHIVED = 'giorgos.p@example.test';
const USUAL = {
  client_id: CLIENT.clientId,
  redirect_uri: CLIENT.redirectUris[0] ?? '',
  response_type: 'code',
  scope: 'openid email profile',
  state: 'the state',
};
/** `null` leaves a parameter out. */
export function queryOf(params: Record<string, string | null> = {}): string {
  const entries = Object.entries({ ...USUAL, ...params });
  return String(
    new URLSearchParams(entries.filter((one): one is [string, string] => one[1] !== null)),
  );
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** What the app hears; null when the browser stays at Google. */
  heard: Record<string, string> | null;
}

export async function accountsSite() {
  const google: Google = await createGoogle({ oauthClient: CLIENT });
  const pristine = google.snapshot();
  const idOf = (address: string) => google.openid.accounts.find(address)?.id ?? '';
  const cookieOf = (...addresses: string[]) => `google_accounts=${addresses.map(idOf).join('.')}`;

  async function send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await google.fetch(new Request(ACCOUNTS + path, init));
    const { status, headers } = response;
    const location = headers.get('location');
    const heard = location && Object.fromEntries(new URL(location).searchParams);
    return { status, headers, text: await response.text(), heard: heard || null };
  }

  return {
    google,
    idOf,
    cookieOf,
    send,
    client: () => google.openid.clients.find(CLIENT.clientId) as OAuthClient,
    ask: (params: Record<string, string | null> = {}, signedIn: string[] = []) =>
      send(`${AUTH}?${queryOf(params)}`, { headers: { cookie: cookieOf(...signedIn) } }),
    post: (step: 'account' | 'consent', form: Record<string, string>, signedIn: string[] = []) =>
      send(`${AUTH}/${step}`, {
        method: 'POST',
        body: new URLSearchParams({ continue: queryOf(), ...form }),
        headers: { cookie: cookieOf(...signedIn) },
      }),
    /** Who is to be chosen from on a page. */
    offered: ({ text }: Answer) =>
      [...text.matchAll(/name="account" value="(\d+)"/g)].map(
        ([, id = '']) => google.openid.accounts.find(id)?.email,
      ),
    /** All as in the beginning. */
    reset: () => google.restore(pristine),
  };
}

export const titleOf = ({ text }: Answer) => /<title>(.*?) ·/.exec(text)?.[1];
