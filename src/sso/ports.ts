// What signing in works with: the sync room's ports for looking at people, and Google's OpenID provider.
import type { Config, Env } from '../config.ts';
import type { OpenIdCache, OpenIdPorts } from '../google/openid-provider.ts';
import { SURROUNDINGS, type SyncPorts, syncPorts } from '../sync/ports.ts';
import { mayLeadTo } from '../targets.ts';
import { CALLBACK_PATH } from './paths.ts';

export interface SsoPorts extends SyncPorts {
  openid: OpenIdPorts;
}

const caches = new WeakMap<Config, OpenIdCache>();

/** What an isolate knows of Google's endpoints and keys, for as long as the configuration is the same. */
function cacheOf(config: Config): OpenIdCache {
  const cache = caches.get(config) ?? {};
  caches.set(config, cache);
  return cache;
}

/** The ports of one request; `null` without an OAuth client: nobody signs in then. */
export function ssoPorts(env: Env, config: Config): SsoPorts | null {
  const { oauthClient, googleIssuer, publicUrl } = config;
  if (oauthClient === undefined) return null;
  const { fetch, nowMs } = SURROUNDINGS;
  const client = {
    issuer: googleIssuer,
    clientId: oauthClient.id,
    clientSecret: oauthClient.secret,
    redirectUri: new URL(CALLBACK_PATH, publicUrl).href,
  };
  const mayCall = (endpoint: URL) => mayLeadTo(new URL(googleIssuer), endpoint);
  const openid = { client, cache: cacheOf(config), mayCall, fetch, nowMs };
  return { ...syncPorts(env, config), openid };
}
