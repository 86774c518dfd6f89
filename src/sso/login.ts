// Beginning a sign-in: an attempt for this browser, and where at Google it goes.
import { authorizationUrl, newAttempt, type Prompt } from '../google/openid.ts';
import { loginCookie } from './cookies.ts';
import { type LoginAttempt, sealAttempt } from './login-attempt.ts';
import type { SsoPorts } from './ports.ts';

export interface LoginRequest {
  /** A path of ours, as `parseReturnTo` gives it. */
  returnTo: string;
  /** The challenge of the frame that opened this window; `null` = none did. */
  challenge: string | null;
  /** `none` = silently; `null` = Google shows what it needs to. */
  prompt: Prompt | null;
  /** An address or id for Google to preselect. */
  loginHint: string | null;
}

/**
 * Makes an attempt, and says where to send the browser with it.
 *
 * @returns an address at Google, and the cookie that this browser must bring to the callback
 * @throws {OpenIdError} `unavailable` while Google's endpoints can't be read
 */
export async function startLogin(
  ports: SsoPorts,
  { returnTo, challenge, prompt, loginHint }: LoginRequest,
): Promise<{ location: string; cookie: { name: string; value: string } }> {
  const attempt: LoginAttempt = { ...newAttempt(), returnTo, silent: prompt === 'none', challenge };
  const url = await authorizationUrl(ports.openid, attempt, { prompt, loginHint });
  return {
    location: url.href,
    cookie: {
      name: loginCookie(ports.config, attempt.state),
      value: await sealAttempt(ports.config, attempt, ports.nowMs()),
    },
  };
}
