// The end of a sign-in: Google's answer is judged against the attempt that this browser carries, then the person's row
// decides. What it comes to is a value; cookies and pages are made of it in routes.tsx.
import type { IdTokenClaims } from '../google/id-token.ts';
import { redeemCallback } from '../google/openid.ts';
import { OpenIdError } from '../google/openid-errors.ts';
import type { OpenIdPorts } from '../google/openid-provider.ts';
import { type Admission, admit } from './admission.ts';
import type { LoginAttempt } from './login-attempt.ts';
import type { SsoPorts } from './ports.ts';

export type Finish =
  | Admission
  /** A silent try failed: on to the interactive flow, once. */
  | { kind: 'go-interactive'; code: string }
  /** The person said no at Google, or Google did. */
  | { kind: 'declined'; code: string }
  | { kind: 'not-believable'; code: string }
  | { kind: 'misconfigured'; code: string };

/** `userId`: who it was, once Google has said so. */
export type Finished = Finish & { userId: string | null };

function finishOf(error: OpenIdError, attempt: LoginAttempt): Finish {
  const { failure, code } = error;
  if (failure !== 'refused-by-google') return { kind: failure, code };
  return { kind: attempt.silent ? 'go-interactive' : 'declined', code };
}

/**
 * @param parameters the callback's query
 * @param presented the session token that the browser sent along
 * @throws {DatabaseError}
 */
export async function finishLogin(
  ports: SsoPorts,
  openid: OpenIdPorts,
  parameters: URLSearchParams,
  attempt: LoginAttempt,
  presented: string | null,
): Promise<Finished> {
  let claims: IdTokenClaims;
  try {
    claims = await redeemCallback(openid, parameters, attempt);
  } catch (error) {
    if (error instanceof OpenIdError) return { ...finishOf(error, attempt), userId: null };
    throw error;
  }
  const { challenge } = attempt;
  const admission = await admit(ports, { claims, presented, challenge });
  return { ...admission, userId: claims.sub };
}
