// Where calls of ours may go. What an operator pastes is parsed first: every spelling of an address is one host.

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether the parsed host is exactly `localhost`, `127.0.0.1` or `[::1]`. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

// The URL parser has turned every spelling of an IPv4 address into four numbers by now.
const IP_LITERAL = /^\[|^[\d.]+$/;
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|home\.arpa|test)$/;

/** Whether a URL is https at a host that can be public: port 443, no userinfo, no IP literal, no local name. */
function isPublicTarget(url: URL): boolean {
  const host = url.hostname.replace(/\.$/, '');
  return (
    url.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    host.includes('.') &&
    !IP_LITERAL.test(host) &&
    !PRIVATE_NAME.test(host)
  );
}

/**
 * Whether a call may be sent to `url` on the word of `from`: anywhere public, and from loopback to loopback. What is on
 * this machine or in its network is nobody's to name from outside.
 */
export function mayLeadTo(from: URL, url: URL): boolean {
  const isLocal =
    isLoopback(from) &&
    isLoopback(url) &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '';
  return isPublicTarget(url) || isLocal;
}
