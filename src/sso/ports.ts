// What signing in works with: the sync room's ports for looking at people, and Google's OpenID provider.
import type { Config, Env } from '../config.ts';
import type { OpenIdCache, OpenIdPorts } from '../google/openid-provider.ts';
import { SURROUNDINGS, type Surroundings, type SyncPorts, syncPorts } from '../sync/ports.ts';

/** Registered with the OAuth client in the Google Cloud console, behind PUBLIC_URL. */
export const CALLBACK_PATH = '/auth/callback';

export interface SsoPorts extends SyncPorts {
  /** `null` = no OAuth client is configured: nobody signs in. */
  openid: OpenIdPorts | null;
}

const caches = new WeakMap<Config, OpenIdCache>();

function cacheOf(config: Config): OpenIdCache {
  const cache = caches.get(config) ?? {};
  caches.set(config, cache);
  return cache;
}

export function ssoPorts(
  env: Env,
  config: Config,
  surroundings: Surroundings = SURROUNDINGS,
): SsoPorts {
  const { oauthClient, googleIssuer, publicUrl } = config;
  return {
    ...syncPorts(env, config, surroundings),
    openid: oauthClient
      ? {
          client: {
            issuer: googleIssuer,
            clientId: oauthClient.id,
            clientSecret: oauthClient.secret,
            redirectUri: new URL(CALLBACK_PATH, publicUrl).href,
          },
          cache: cacheOf(config),
          fetch: surroundings.fetch,
          nowMs: surroundings.nowMs,
        }
      : null,
  };
}
