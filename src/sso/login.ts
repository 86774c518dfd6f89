// Beginning a sign-in: an attempt for this browser, and where at Google it goes.
import { authorizationUrl, newAttempt, type Prompt } from '../google/openid.ts';
import type { OpenIdPorts } from '../google/openid-provider.ts';
import { loginCookie } from './cookies.ts';
import { type LoginAttempt, sealAttempt } from './login-attempt.ts';
import type { SsoPorts } from './ports.ts';

export interface LoginRequest {
  /** A path of ours, as `parseReturnTo` gives it. */
  returnTo: string;
  silent: boolean;
  challenge: string | null;
  selectAccount: boolean;
  loginHint: string | null;
}

export interface StartedLogin {
  location: string;
  cookie: { name: string; value: string };
}

function promptOf({ silent, selectAccount }: LoginRequest): Prompt | null {
  if (silent) return 'none';
  return selectAccount ? 'select_account' : null;
}

/** @throws {OpenIdError} `unavailable` while Google's endpoints can't be read */
export async function startLogin(
  ports: SsoPorts,
  openid: OpenIdPorts,
  request: LoginRequest,
): Promise<StartedLogin> {
  const { returnTo, silent, challenge, loginHint } = request;
  const attempt: LoginAttempt = { ...newAttempt(), returnTo, silent, challenge };
  const url = await authorizationUrl(openid, attempt, { prompt: promptOf(request), loginHint });
  return {
    location: url.href,
    cookie: {
      name: loginCookie(ports.config, attempt.state),
      value: await sealAttempt(ports.config, attempt, ports.nowMs()),
    },
  };
}
