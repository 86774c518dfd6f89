// By which name this Google was reached. On a laptop it is its own issuer, with every endpoint on one
// origin; whoever asks one of Google's real hosts, as tests in workerd do, gets Google's real URLs.

export const GOOGLE_ISSUER = 'https://accounts.google.com';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export interface Endpoints {
  issuer: string;
  authorization: string;
  token: string;
  userinfo: string;
  revocation: string;
  device: string;
  jwks: string;
}

/** `ownOrigin`: where this Google was told that it lives. */
export function issuerFor(requestUrl: string, ownOrigin: string): string {
  const { hostname, origin } = new URL(requestUrl);
  return origin === ownOrigin || LOOPBACK.includes(hostname) ? origin : GOOGLE_ISSUER;
}

export function endpointsOf(issuer: string): Endpoints {
  const host = (real: string) => (issuer === GOOGLE_ISSUER ? `https://${real}` : issuer);
  return {
    issuer,
    authorization: `${host('accounts.google.com')}/o/oauth2/v2/auth`,
    token: `${host('oauth2.googleapis.com')}/token`,
    userinfo: `${host('openidconnect.googleapis.com')}/v1/userinfo`,
    revocation: `${host('oauth2.googleapis.com')}/revoke`,
    device: `${host('oauth2.googleapis.com')}/device/code`,
    jwks: `${host('www.googleapis.com')}/oauth2/v3/certs`,
  };
}
