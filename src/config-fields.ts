// What each setting of the environment must look like: text → value, or what is wrong with it in words for
// the operator. Which settings there are, and what they mean together, is config.ts.
import * as z from 'zod';
import { CHANNEL_EVENTS, type ChannelEvent } from './google/channels.ts';
import { isLoopback } from './targets.ts';

/** The settings that nobody may read: secrets at Cloudflare, never an argument, never printed. */
export const SECRETS: readonly string[] = [
  'GOOGLE_SERVICE_ACCOUNT_KEY',
  'APP_SECRET',
  'APP_SECRET_PREVIOUS',
  'GOOGLE_CLIENT_SECRET',
  'OPERATOR_TOKEN',
  'ALERT_WEBHOOK_URL',
];

export function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

export const wholeNumber = (otherwise: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`)
    .default(otherwise);

export const origin = z.string().transform((text, context) => {
  const url = parseUrl(text);
  const isOrigin =
    url !== null &&
    url.pathname === '/' &&
    !url.search &&
    !url.hash &&
    !url.username &&
    !url.password;
  if (isOrigin && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))))
    return url;
  context.addIssue(
    'must be an origin such as https://people.example.com: https, or http on loopback; no path',
  );
  return z.NEVER;
});

// A secret that somebody could guess: too short, or hardly any different characters.
export const appSecret = z
  .string()
  .refine(
    (text) => new TextEncoder().encode(text).length >= 32,
    'must be at least 32 bytes; try: openssl rand -base64 48',
  )
  .refine(
    (text) => new Set(text).size >= 10 && !/example|changeme|change-me|secret|password/i.test(text),
    'looks like an example; make a random one: openssl rand -base64 48',
  );

export const operatorToken = z
  .string()
  .regex(
    /^[\x21-\x7e]{32,200}$/,
    'must be at least 32 characters, without spaces; make one: openssl rand -base64 32',
  )
  .refine((text) => new Set(text).size >= 10, 'looks like an example; make a random one');

/** Where it may lead is checked together with PUBLIC_URL. The whole of it is a secret. */
export const webhookUrl = z.string().transform((text, context) => {
  const url = parseUrl(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  context.addIssue('must be a URL such as https://hooks.example.com/…');
  return z.NEVER;
});

export const adminEmails = z.string().transform((text, context) => {
  const emails = text
    .split(',')
    .map((email) => email.trim())
    .filter(Boolean);
  if (emails.length > 0 && emails.every((email) => z.email().safeParse(email).success))
    return emails;
  context.addIssue('must be the address of an admin, or several, separated by commas');
  return z.NEVER;
});

export const channelEvents = z
  .string()
  .transform((text, context): readonly ChannelEvent[] | '*' => {
    if (text.trim() === '*') return '*';
    const events = text
      .split(',')
      .map((event) => event.trim())
      .filter(Boolean);
    const known = CHANNEL_EVENTS.filter((event) => events.includes(event));
    if (known.length === new Set(events).size) return known;
    context.addIssue(`must be * or some of ${CHANNEL_EVENTS.join(',')}; empty to pause`);
    return z.NEVER;
  })
  .default(CHANNEL_EVENTS);

/** Web client ids and secrets of Google's console: one word, no spaces. */
export const oauthCredential = z
  .string()
  .regex(/^[\x21-\x7e]{8,200}$/, 'must be as the Google Cloud console shows it, without spaces');

// Of the parsed origin, not of the text: the parser makes `;` of `%3b` and `*` of its full-width twin.
const PLAIN_ORIGIN = /^https?:\/\/[a-z0-9._:[\]-]+$/;

/**
 * Origins for `frame-ancestors`: exact ones, so that a wildcard or a second directive can't be smuggled into the
 * header.
 */
export const embedAncestors = z.string().transform((text, context): readonly string[] => {
  const urls = text.split(/[\s]+/).filter(Boolean);
  const origins = urls.flatMap((url) => {
    const parsed = origin.safeParse(url);
    return parsed.success && PLAIN_ORIGIN.test(parsed.data.origin) ? [parsed.data.origin] : [];
  });
  if (origins.length > 0 && origins.length === urls.length) return [...new Set(origins)];
  context.addIssue(
    'must be exact origins separated by spaces, such as https://sites.google.com: no path, no *',
  );
  return z.NEVER;
});
