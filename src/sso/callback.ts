// The end of a sign-in: Google's answer is judged against the attempt that this browser carries, then the person's row
// decides. What it comes to is a value; cookies and pages are made of it in routes.tsx.
import type { IdTokenClaims } from '../google/id-token.ts';
import { redeemCallback } from '../google/openid.ts';
import { OpenIdError } from '../google/openid-errors.ts';
import { type Admission, admit } from './admission.ts';
import type { LoginAttempt } from './login-attempt.ts';
import type { SsoPorts } from './ports.ts';

export type Finish =
  /** Google has said who it is. */
  | (Admission & { userId: string })
  /** A silent try failed: on to the interactive flow, once. */
  | { kind: 'go-interactive'; code: string }
  /** `declined`: the person said no at Google, or Google did. */
  | { kind: 'declined' | 'not-believable' | 'misconfigured' | 'unavailable'; code: string };

function finishOf({ failure, code }: OpenIdError, { silent }: LoginAttempt): Finish {
  if (failure !== 'refused-by-google') return { kind: failure, code };
  return { kind: silent ? 'go-interactive' : 'declined', code };
}

/**
 * Judges a callback, and lets the person in or says why not.
 *
 * @param parameters the callback's query
 * @param presented the session token that the browser sent along
 * @throws {DatabaseError}
 */
export async function finishLogin(
  ports: SsoPorts,
  parameters: URLSearchParams,
  attempt: LoginAttempt,
  presented: string | null,
): Promise<Finish> {
  let claims: IdTokenClaims;
  try {
    claims = await redeemCallback(ports.openid, parameters, attempt);
  } catch (error) {
    if (error instanceof OpenIdError) return finishOf(error, attempt);
    throw error;
  }
  const { challenge } = attempt;
  return { ...(await admit(ports, { claims, presented, challenge })), userId: claims.sub };
}
