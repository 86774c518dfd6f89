// The pages at the set-up's door: the button behind the link, and what those read whom it lets in no more.

import { GoogleLink } from '../../page/google-button.tsx';
import { CONSOLE_PATH, SETUP_PATH } from '../../page/operator-nav.ts';
import { operatorNotice } from '../../page/operator-page.tsx';
import { LOGIN_PATH } from '../../sso/paths.ts';

const SIGN_IN = `${LOGIN_PATH}?return_to=${SETUP_PATH}`;

/** Behind the link: a click, so that a program that only fetches it uses nothing up. */
export function openPage(token: string) {
  return operatorNotice({
    title: 'Set up Rollcall',
    text: 'The link opens the set-up once, in this browser, for half an hour.',
    children: (
      <form class="actions" method="post" action="/setup/open">
        <input type="hidden" name="link" value={token} />
        <button class="main" type="submit">
          Open the set-up
        </button>
      </form>
    ),
  });
}

/** For a link that opens nothing: the same words whatever is the matter with it. */
export function linkOverPage(canSignIn: boolean) {
  return operatorNotice({
    title: 'This link is no longer good',
    text: (
      <>
        It has been used, it is older than an hour, or a super admin has signed in since. Make
        another with <code>npm run setup-link</code>, or sign in.
      </>
    ),
    children: canSignIn && (
      <p class="actions">
        <GoogleLink href={SIGN_IN} />
      </p>
    ),
  });
}

/** For whoever may not see the set-up. */
export function closedDoorPage({
  canSignIn,
  name,
}: {
  canSignIn: boolean;
  /** Who is signed in; `null` = nobody. */
  name: string | null;
}) {
  return operatorNotice({
    title: 'Only for whoever runs Rollcall',
    who: name,
    text:
      name === null ? (
        <>
          {canSignIn && 'Sign in as a super admin of Google Workspace. '}Before the first super
          admin has signed in, the set-up is opened with the link of <code>npm run setup-link</code>
          .
        </>
      ) : (
        'You are signed in, and you are no super admin of this deployment’s Google Workspace.'
      ),
    children: (canSignIn || name !== null) && (
      <p class="actions">
        {canSignIn && name === null && <GoogleLink href={SIGN_IN} />}
        {canSignIn && name !== null && (
          <a class="button" href={`${SIGN_IN}&prompt=select_account`}>
            Use another account
          </a>
        )}
        {name !== null && <a href={CONSOLE_PATH}>Console</a>}
      </p>
    ),
  });
}

/** Says no more than whoever asks knows: not where the deployment is, nor what it is set to. */
export function elsewherePage(reachedAt: string) {
  return operatorNotice({
    title: 'This is not the deployment’s address',
    text: (
      <>
        You have reached it at <code>{reachedAt}</code>, and its PUBLIC_URL is another. If you run
        Rollcall and this is the address that it should have, set PUBLIC_URL to it and deploy.
      </>
    ),
  });
}

/** While D1 does not answer, nobody can be told apart. */
export function doorUnavailablePage(requestId: string) {
  return operatorNotice({
    title: 'The database does not answer',
    text: 'So nobody can be told apart here at the moment. Try again in a minute; whoever has the set-up link may open it once more.',
    children: <p class="quiet small">Reference: {requestId}</p>,
  });
}
