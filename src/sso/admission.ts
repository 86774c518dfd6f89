// Who may enter. The person is found by Google's id, never by address. Somebody unknown or not active here is
// looked at first, in the one directory that holds their domain; then their row decides, inside the very statement
// that starts the session.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { readDirectory } from '../db/directories.ts';
import { startSession } from '../db/sessions.ts';
import { noteRefusal, readStanding, type Standing } from '../db/sign-in.ts';
import type { IdTokenClaims } from '../google/id-token.ts';
import { noteWhetherReadable } from '../sync/condition.ts';
import { askAboutGroups } from '../sync/groups.ts';
import { lookAt } from '../sync/look.ts';
import type { SsoPorts } from './ports.ts';
import { hashOf, newSecret } from './token.ts';

/** How long a directory's no is believed before it is asked about the same person again. */
const REFUSAL_TTL_MS = 60_000;
const CODE_TTL_MS = 60_000;

/** Why somebody whom Google has identified may not enter; a stable code for log and page. */
const REFUSALS = [
  'consumer-account',
  'email-not-verified',
  'other-organisation',
  'not-in-directory',
  'suspended',
  'archived',
  'deleted',
  'profile-too-large',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Admission =
  | { kind: 'admitted'; directoryId: string; token: string; code: string | null }
  | { kind: 'refused'; reason: Refusal }
  /** It could not be found out; nothing is wrong with the person. */
  | { kind: 'unavailable'; code: string };

interface Arrival {
  claims: IdTokenClaims;
  /** The session token that the browser presented, to be replaced. */
  presented: string | null;
  /** The challenge of the frame that opened this window, if one did. */
  challenge: string | null;
}

async function start(ports: SsoPorts, arrival: Arrival): Promise<Admission | null> {
  const { claims, presented, challenge } = arrival;
  const nowMs = ports.nowMs();
  const token = newSecret();
  const code = challenge === null ? null : newSecret();
  const started = await startSession(
    ports.db,
    claims.sub,
    {
      tokenHash: await hashOf(token),
      nowMs,
      expiresMs: nowMs + ports.config.sessionTtlMs,
      replaces: presented === null ? null : await hashOf(presented),
    },
    code === null || challenge === null
      ? null
      : { codeHash: await hashOf(code), challenge, expiresMs: nowMs + CODE_TTL_MS },
  );
  if (started === null) return null;
  const { directoryId, hasGroups } = started;
  // Nothing is pushed about groups: who comes in has what they say now.
  if (hasGroups === 1 && directoryId === DEFAULT_DIRECTORY_ID)
    await askAboutGroups(ports, directoryId, claims.sub);
  return { kind: 'admitted', directoryId, token, code };
}

const refused = (reason: Refusal): Admission => ({ kind: 'refused', reason });
const unavailable = (code: string): Admission => ({ kind: 'unavailable', code });
const isRefusal = (text: string): text is Refusal => (REFUSALS as readonly string[]).includes(text);

/** What a row that lets nobody in says; `null` for an active one. */
function refusalBy({ status }: Standing): Refusal | null {
  if (status === null) return 'not-in-directory';
  return status === 'active' ? null : status;
}

/** Where no directory holds the domain, or several do, nobody is asked: what is known here decides. */
async function withoutAsking(ports: SsoPorts, { status }: Standing): Promise<Admission> {
  if (status === 'active') return unavailable('changed-meanwhile');
  if (status !== null) return refused(status);
  const directory = await readDirectory(ports.db, DEFAULT_DIRECTORY_ID);
  // Before the first import no domain is known at all.
  return (directory?.importedMs ?? null) === null
    ? unavailable('importing')
    : refused('other-organisation');
}

/** Asks a directory about a person; `null` where their row is to decide now. */
async function ask(
  ports: SsoPorts,
  directoryId: string,
  userId: string,
): Promise<Admission | null> {
  const person = {
    id: userId,
    cause: 'sign-in' as const,
    noticedMs: ports.nowMs(),
    announcedDelete: false,
  };
  const looked = await lookAt(ports, directoryId, [person], null);
  const conclusion = looked?.conclusions.get(userId);
  if (!looked || !conclusion) return unavailable('no-directory');
  await noteWhetherReadable(ports, directoryId, looked);
  if (conclusion.kind === 'failed') return unavailable(conclusion.code);
  if (conclusion.kind !== 'applied') return unavailable(conclusion.kind);
  if (conclusion.applied.outcome === 'foreign') return refused('other-organisation');
  if (conclusion.applied.outcome === 'unstorable') return refused('profile-too-large');
  return null;
}

/**
 * Lets a person in, or says why not. One statement for somebody known and active; three at most, where a session is
 * replaced and a frame waits for its code. Where rules name groups, Google is asked about those as well.
 *
 * @throws {DatabaseError}
 */
export async function admit(ports: SsoPorts, arrival: Arrival): Promise<Admission> {
  const { sub, hostedDomain, isEmailVerified } = arrival.claims;
  if (hostedDomain === null) return refused('consumer-account');
  if (!isEmailVerified) return refused('email-not-verified');
  const known = await start(ports, arrival);
  if (known !== null) return known;

  const read = () => readStanding(ports.db, sub, hostedDomain, ports.nowMs());
  const standing = await read();
  const [directory, another] = standing.directories;
  if (directory === undefined || another !== undefined) return withoutAsking(ports, standing);
  const { id: directoryId, refusedReason } = directory;
  if (refusedReason !== null) {
    return refused(isRefusal(refusedReason) ? refusedReason : 'not-in-directory');
  }
  const answer = (await ask(ports, directoryId, sub)) ?? (await start(ports, arrival));
  if (answer !== null && answer.kind !== 'refused') return answer;
  const reason = answer?.reason ?? refusalBy(await read());
  // Active again by now: the next try succeeds at once.
  if (reason === null) return unavailable('changed-meanwhile');
  const untilMs = ports.nowMs() + REFUSAL_TTL_MS;
  await noteRefusal(ports.db, { userId: sub, directoryId, reason, untilMs });
  return refused(reason);
}
