// What a person reads when a sign-in does not simply end where they wanted to go: what happened, and what to do. Pure
// functions; which page it is follows from a reason code.
import { GoogleLabel, GoogleLink } from '../page/google-button.tsx';
import { htmlDocument } from '../page/page.tsx';
import type { Refusal } from './admission.ts';
import { FRAME_SCRIPT_PATH, LOGIN_PATH } from './paths.ts';

/** Where "again" leads: back to the same page, or the same frame. */
export interface Again {
  returnTo: string;
  challenge: string | null;
}

/** Where a click begins a sign-in that ends at the same place. */
function loginPath({ returnTo, challenge }: Again, selectAccount = false): string {
  const query = new URLSearchParams();
  if (challenge !== null) query.set('embed', challenge);
  else if (returnTo !== '/') query.set('return_to', returnTo);
  if (selectAccount) query.set('prompt', 'select_account');
  return query.size > 0 ? `${LOGIN_PATH}?${query}` : LOGIN_PATH;
}

interface Words {
  status: 200 | 400 | 403 | 429 | 503;
  title: string;
  text: string;
  /** What to offer: the same again, with the choice of an account, or nothing. */
  offer: 'again' | 'other-account' | 'nothing';
}

/** How a sign-in or a sign-out can end on a page; the names are the reason codes of page and log. */
export type Ending =
  | Refusal
  | 'signed-out'
  | 'nothing-ended'
  | 'not-ended'
  | 'no-attempt'
  | 'declined'
  | 'not-believable'
  | 'unavailable'
  | 'importing'
  | 'misconfigured'
  | 'not-configured'
  | 'rate-limited';

export const ENDINGS: Readonly<Record<Ending, Words>> = {
  'consumer-account': {
    status: 403,
    title: 'This is a personal Google Account',
    text: 'People sign in here with the account of their organisation. Choose that one.',
    offer: 'other-account',
  },
  'email-not-verified': {
    status: 403,
    title: 'Your address is not verified',
    text: 'Google has not verified the address of this account. Ask an administrator of your organisation.',
    offer: 'other-account',
  },
  'other-organisation': {
    status: 403,
    title: 'Your organisation is not connected',
    text: 'This application is for another organisation. If you have an account there, choose that one.',
    offer: 'other-account',
  },
  'not-in-directory': {
    status: 403,
    title: 'You are not in the directory',
    text: 'Your organisation’s directory does not list this account. If it is new, try again in a few minutes; otherwise ask an administrator of your organisation.',
    offer: 'other-account',
  },
  suspended: {
    status: 403,
    title: 'Your account is suspended',
    text: 'An administrator of your organisation has suspended it, and can lift that.',
    offer: 'other-account',
  },
  archived: {
    status: 403,
    title: 'Your account is archived',
    text: 'An administrator of your organisation has archived it, and can bring it back.',
    offer: 'other-account',
  },
  deleted: {
    status: 403,
    title: 'Your account was deleted',
    text: 'It is no longer in your organisation’s directory. Ask an administrator if that is a mistake.',
    offer: 'other-account',
  },
  'profile-too-large': {
    status: 403,
    title: 'Your profile could not be read',
    text: 'Your directory profile is larger than this application can keep. Tell an administrator of your organisation.',
    offer: 'other-account',
  },
  'signed-out': {
    status: 200,
    title: 'You are signed out',
    text: 'Sign in again to go on.',
    offer: 'again',
  },
  'nothing-ended': {
    status: 200,
    title: 'You were signed out already',
    text: 'So this browser could not say whose other sessions to end. Sign in again, then sign out everywhere.',
    offer: 'again',
  },
  'not-ended': {
    status: 503,
    title: 'You are signed out in this browser',
    text: 'The session itself could not be ended just now, so it stays good until it expires for anybody who has copied it. To be sure, sign in again in a minute and sign out everywhere.',
    offer: 'nothing',
  },
  'no-attempt': {
    status: 400,
    title: 'Let’s try that again',
    text: 'This sign-in was begun too long ago, or in another browser, or this browser keeps no cookies.',
    offer: 'again',
  },
  declined: {
    status: 403,
    title: 'You are not signed in',
    text: 'The sign-in was cancelled at Google, or Google did not allow it. Nothing was changed.',
    offer: 'again',
  },
  'not-believable': {
    status: 400,
    title: 'The sign-in could not be completed',
    text: 'Google’s answer did not fit the question, so it was not accepted. Try again.',
    offer: 'again',
  },
  unavailable: {
    status: 503,
    title: 'We could not check your account',
    text: 'That did not work at the moment. Try again in a minute. If it stays like this, tell an administrator of your organisation.',
    offer: 'again',
  },
  importing: {
    status: 503,
    title: 'Almost there',
    text: 'People are still being brought in from Google Workspace. Try again in a minute.',
    offer: 'again',
  },
  misconfigured: {
    status: 503,
    title: 'Sign-in is out of order',
    text: 'Google does not accept this application at the moment. Tell whoever runs it.',
    offer: 'nothing',
  },
  'not-configured': {
    status: 503,
    title: 'Sign-in is not set up',
    text: 'Whoever runs this application can set it up with an OAuth client of Google’s.',
    offer: 'nothing',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many sign-ins at once',
    text: 'There were very many sign-ins from your network. Try again in a minute.',
    offer: 'again',
  },
};

/** Nothing went wrong: no reason to look anything up. */
export const isUneventful = (ending: Ending) => ENDINGS[ending].status === 200;

/** The page about an ending, with a way on. */
export function endingPage(ending: Ending, again: Again, requestId: string) {
  const { title, text, offer } = ENDINGS[ending];
  return htmlDocument({
    title: `${title} · Rollcall`,
    children: (
      <>
        <h1>{title}</h1>
        <p>{text}</p>
        {offer === 'again' && (
          <p class="actions">
            <GoogleLink href={loginPath(again)} />
          </p>
        )}
        {offer === 'other-account' && (
          <p class="actions">
            <a class="plain" href={loginPath(again, true)}>
              Use another account
            </a>
          </p>
        )}
        {!isUneventful(ending) && (
          <p class="fine">
            Reason: {ending}
            <br />
            Reference: {requestId}
          </p>
        )}
      </>
    ),
  });
}

/** The popup's last page: the script hands the code to the frame and closes the window; else the words stay. */
export function handOverPage(code: string) {
  return htmlDocument({
    title: 'Signed in · Rollcall',
    script: FRAME_SCRIPT_PATH,
    children: (
      <div data-hand-over={code}>
        <h1>You are signed in</h1>
        <p>You can close this window and go back to the page.</p>
        <p>
          If the page still asks you to sign in, <a href="/">go on in this window</a>.
        </p>
      </div>
    ),
  });
}

/**
 * What a frame shows to a stranger: the button, and what its script may have to say. The button can't be pressed before
 * the script is ready, so the page needs `script: FRAME_SCRIPT_PATH`.
 */
export function FrameSignIn() {
  const fullWindow = (
    <a href="/" target="_blank" rel="noopener">
      Open in a full window
    </a>
  );
  return (
    <>
      <p class="actions">
        <button class="google" type="button" data-embed-sign-in disabled>
          <GoogleLabel />
        </button>
      </p>
      <div role="status">
        <p data-say="waiting" hidden>
          Finish signing in in the window that opened. Nothing happens here afterwards? {fullWindow}
          .
        </p>
        <p data-say="cut-off" hidden>
          Your browser keeps this page and the sign-in window apart, or has blocked it. {fullWindow}{' '}
          and sign in there.
        </p>
        <p data-say="failed" hidden>
          That took too long or was interrupted. Press the button again.
        </p>
        <p data-say="no-cookie" hidden>
          You are signed in, but your browser keeps no cookies for this page here. {fullWindow}.
        </p>
      </div>
      <noscript>
        <p>{fullWindow}: without JavaScript you can sign in there.</p>
      </noscript>
    </>
  );
}
