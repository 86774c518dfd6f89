// Google's discovery document and signing keys, kept for as long as Google says.
// OpenID Connect Discovery 1.0 section 4; https://developers.google.com/identity/openid-connect/openid-connect
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as oauth from 'oauth4webapi';
import { type Fetch, limitedFetch } from './http.ts';
import { OpenIdError } from './openid-errors.ts';

const LIMITS = { timeoutMs: 8_000, maxBytes: 256 * 1024 };
const DEFAULT_AGE_SECONDS = 300;
const MAX_AGE_SECONDS = 24 * 3600;
/** Keys are asked for again at most this often when a token names an unknown one, and so is a document that is known. */
const REFETCH_AFTER_MS = 60_000;

interface OpenIdClient {
  /** An origin, as Google spells it: `https://accounts.google.com`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

/** A discovery document whose endpoints that we use are there. */
export type Provider = oauth.AuthorizationServer &
  Required<
    Pick<oauth.AuthorizationServer, 'authorization_endpoint' | 'token_endpoint' | 'jwks_uri'>
  >;

/** What an isolate remembers of a provider; values only, since a promise belongs to the request that made it. */
export interface OpenIdCache {
  metadata?: { value: Provider; freshUntilMs: number };
  keys?: { value: JSONWebKeySet; freshUntilMs: number; fetchedMs: number };
}

export interface OpenIdPorts {
  readonly client: OpenIdClient;
  readonly cache: OpenIdCache;
  /** Whether an endpoint that the discovery document names may be called: it is sent the client's secret. */
  readonly mayCall: (endpoint: URL) => boolean;
  readonly fetch: Fetch;
  readonly nowMs: () => number;
}

const isHttp = (url: string) => new URL(url).protocol === 'http:';

type CustomFetchOptions = oauth.CustomFetchOptions<string, URLSearchParams | undefined>;

/** Options for oauth4webapi: our fetch with its limits; plain http only where the issuer is (loopback). */
export function requestOptions({ client, fetch }: OpenIdPorts) {
  return {
    [oauth.customFetch]: (url: string, { method, headers, body }: CustomFetchOptions) =>
      limitedFetch(fetch, new Request(url, { method, headers, body: body ?? null }), LIMITS),
    [oauth.allowInsecureRequests]: isHttp(client.issuer),
  };
}

function freshUntil(response: Response, nowMs: number): number {
  const maxAge = /max-age=(\d{1,9})/.exec(response.headers.get('cache-control') ?? '')?.[1];
  const seconds = Math.min(Number(maxAge ?? DEFAULT_AGE_SECONDS), MAX_AGE_SECONDS);
  return nowMs + seconds * 1000;
}

/**
 * Google's endpoints.
 *
 * @throws {OpenIdError} `unavailable` while they can't be read and never were
 */
export async function readProvider(ports: OpenIdPorts): Promise<Provider> {
  const { cache, client } = ports;
  const nowMs = ports.nowMs();
  if (cache.metadata && cache.metadata.freshUntilMs > nowMs) return cache.metadata.value;
  const issuer = new URL(client.issuer);
  try {
    const response = await oauth.discoveryRequest(issuer, requestOptions(ports));
    if (response.status >= 500) throw new OpenIdError('unavailable', 'discovery-unavailable');
    const freshUntilMs = freshUntil(response, nowMs);
    const document = await oauth.processDiscoveryResponse(issuer, response);
    const endpoint = (name: 'authorization_endpoint' | 'token_endpoint' | 'jwks_uri') => {
      const url = document[name];
      const isSafe =
        url !== undefined && (!isHttp(url) || isHttp(client.issuer)) && ports.mayCall(new URL(url));
      if (isSafe) return url;
      throw new OpenIdError('unavailable', 'discovery-invalid');
    };
    const value = {
      ...document,
      authorization_endpoint: endpoint('authorization_endpoint'),
      token_endpoint: endpoint('token_endpoint'),
      jwks_uri: endpoint('jwks_uri'),
    };
    cache.metadata = { value, freshUntilMs };
    return value;
  } catch (error) {
    // Endpoints hardly ever move: those of an hour ago are better than nobody signing in, or everybody waiting.
    if (cache.metadata) {
      cache.metadata.freshUntilMs = nowMs + REFETCH_AFTER_MS;
      return cache.metadata.value;
    }
    if (error instanceof OpenIdError) throw error;
    throw new OpenIdError('unavailable', 'discovery-failed');
  }
}

async function fetchKeys(ports: OpenIdPorts, uri: string): Promise<JSONWebKeySet> {
  const nowMs = ports.nowMs();
  try {
    const response = await limitedFetch(ports.fetch, new Request(uri), LIMITS);
    const value = (await response.json()) as JSONWebKeySet;
    // Throws for anything that is not a key set.
    createLocalJWKSet(value);
    if (response.status !== 200) throw new TypeError();
    ports.cache.keys = { value, freshUntilMs: freshUntil(response, nowMs), fetchedMs: nowMs };
    return value;
  } catch {
    throw new OpenIdError('unavailable', 'keys-unavailable');
  }
}

/**
 * Finds Google's key for a token by its `kid`.
 *
 * @throws {OpenIdError} `unavailable` while the keys can't be read; jose's `JWKSNoMatchingKey` for an unknown one
 */
export function providerKeys(ports: OpenIdPorts, provider: Provider): JWTVerifyGetKey {
  return async (header, token) => {
    const known = ports.cache.keys;
    const isKnown = known?.value.keys.some(({ kid }) => kid === header.kid) ?? false;
    const nowMs = ports.nowMs();
    const mayKeep =
      known !== undefined &&
      known.freshUntilMs > nowMs &&
      (isKnown || nowMs - known.fetchedMs < REFETCH_AFTER_MS);
    const keys = mayKeep ? known.value : await fetchKeys(ports, provider.jwks_uri);
    return createLocalJWKSet(keys)(header, token);
  };
}
