// The sample application's pages: who you are, or a way to sign in; and whether people are in step. Pure functions of
// their view model; strangers learn no head count, no addresses and no channels.
import { GoogleLink } from '../page/google-button.tsx';
import { Moment } from '../page/moment.tsx';
import { CONSOLE_PATH } from '../page/operator-nav.ts';
import { htmlDocument } from '../page/page.tsx';
import { FrameSignIn } from '../sso/pages.tsx';
import { FRAME_SCRIPT_PATH, LOGIN_PATH, LOGOUT_PATH } from '../sso/paths.ts';
import type { Session } from '../sso/session.ts';
import type { SyncHealth } from '../sync/health.ts';
import { Person } from './person.tsx';

const REASONS: Readonly<Record<string, string>> = {
  importing: 'People are being brought in for the first time.',
  'passes-overdue': 'The last pass through the directory of Google Workspace is overdue.',
  'deletions-held': 'People who seem to be gone are kept until somebody agrees.',
  paused: 'Announcements from Google Workspace are paused.',
  'no-channel': 'Google Workspace has not confirmed yet that it can announce changes here.',
  credential: 'Google Workspace does not let Rollcall read at the moment. What is known is kept.',
};

function State({ health }: { health: SyncHealth }) {
  if (!health.inStep) {
    const reason =
      REASONS[health.reason.split(':')[0] ?? ''] ?? 'People are not in step at the moment.';
    return (
      <div class="state" role="status">
        {reason}
      </div>
    );
  }
  return (
    <div class="state good" role="status">
      <span>
        <strong>In step</strong> since <Moment ms={health.sinceMs} />
      </span>
    </div>
  );
}

function SignedIn({ session }: { session: Session }) {
  return (
    <>
      <Person user={session.user} />
      <div class="actions">
        {session.user.isAdmin && (
          <a class="plain" href={CONSOLE_PATH}>
            Console
          </a>
        )}
        <form method="post" action={LOGOUT_PATH}>
          <button class="plain" type="submit">
            Sign out
          </button>
        </form>
        <form method="post" action={`${LOGOUT_PATH}?everywhere=1`}>
          <button class="plain" type="submit">
            Sign out everywhere
          </button>
        </form>
      </div>
      <p class="fine">
        Signed in until <Moment ms={session.expiresMs} />, or until your account is suspended.
      </p>
    </>
  );
}

function SignedOut({ canSignIn }: { canSignIn: boolean }) {
  return (
    <>
      <h1>Your people, in step with Google Workspace</h1>
      <p>
        Every change an admin makes there arrives here within seconds: newcomers, new names and
        roles, and whoever leaves.
      </p>
      {canSignIn ? (
        <p class="actions">
          <GoogleLink href={LOGIN_PATH} />
        </p>
      ) : (
        <p>Signing in is not set up here yet.</p>
      )}
    </>
  );
}

interface HomeProps {
  health: SyncHealth;
  /** `null` for a stranger. */
  session: Session | null;
  canSignIn: boolean;
}

/** The page at `/`. */
export function home({ health, session, canSignIn }: HomeProps) {
  return htmlDocument({
    title: 'Rollcall',
    children: (
      <>
        {session ? <SignedIn session={session} /> : <SignedOut canSignIn={canSignIn} />}
        <State health={health} />
      </>
    ),
  });
}

/** The page at `/embed/sample`: the same inside somebody else's page, without anything that one click could change. */
export function framedHome({ session, canSignIn }: Omit<HomeProps, 'health'>) {
  return htmlDocument({
    title: 'Rollcall',
    framed: true,
    script: FRAME_SCRIPT_PATH,
    children: session ? (
      <>
        <Person user={session.user} />
        <p class="fine">
          To sign out here too,{' '}
          <a href="/" target="_blank" rel="noopener">
            open a full window
          </a>{' '}
          and choose “Sign out everywhere”.
        </p>
      </>
    ) : (
      <>
        <h1>Rollcall</h1>
        <p>Sign in with your organisation’s account to see who you are here.</p>
        {canSignIn ? <FrameSignIn /> : <p>Signing in is not set up here yet.</p>}
      </>
    ),
  });
}
