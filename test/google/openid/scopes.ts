// The scopes that a sign-in can ask for, their two names, and what each says to the person who is asked.

const LONG = 'https://www.googleapis.com/auth/userinfo.';

const WORDS = {
  openid: 'Know who you are at Google',
  email: 'See your Google Account email address',
  profile: 'See your personal info, including any that you made public',
} as const;

export type Scope = keyof typeof WORDS;

/** One name for a scope that has two; undefined for anything that is no sign-in scope. */
export function shortScope(name: string): Scope | undefined {
  const short = name.startsWith(LONG) ? name.slice(LONG.length) : name;
  return Object.hasOwn(WORDS, short) ? (short as Scope) : undefined;
}

/** The names that Google uses when it tells what was granted. */
export function longScopes(scopes: readonly string[]): string[] {
  return scopes.map((scope) => (scope === 'openid' ? scope : LONG + scope));
}

export function inWords(scope: string): string {
  return WORDS[scope as Scope] ?? scope;
}
