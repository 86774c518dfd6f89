// What those read who may not open the console, or not yet.
import { GoogleLink } from '../../page/google-button.tsx';
import { CONSOLE_PATH, SETUP_PATH } from '../../page/operator-nav.ts';
import { operatorNotice } from '../../page/operator-page.tsx';
import { LOGIN_PATH } from '../../sso/paths.ts';

const signIn = (path: string) => `${LOGIN_PATH}?${new URLSearchParams({ return_to: path })}`;

/** For somebody who is not signed in. */
export function signInPage({ canSignIn, path }: { canSignIn: boolean; path: string }) {
  return operatorNotice({
    title: 'Sign in to open the console',
    text: (
      <>
        It is for super admins of your organisation’s Google Workspace, and for whoever has the role{' '}
        <code>rollcall:admin</code>.
      </>
    ),
    children: canSignIn ? (
      <p class="actions">
        <GoogleLink href={signIn(path)} />
      </p>
    ) : (
      <p>
        Signing in is not set up here yet: open the <a href={SETUP_PATH}>set-up</a> with the link of{' '}
        <code>npm run setup-link</code>.
      </p>
    ),
  });
}

/** For somebody who is signed in, and has no business here. */
export function noPermissionPage({ name, path }: { name: string; path: string }) {
  return operatorNotice({
    title: 'The console is for admins',
    who: name,
    text: (
      <>
        You are signed in as <bdi>{name}</bdi>. A super admin of Google Workspace can open this
        page, and whoever has the role <code>rollcall:admin</code>, which a super admin gives.
      </>
    ),
    children: (
      <p class="actions">
        <a class="button" href={`${signIn(path)}&prompt=select_account`}>
          Use another account
        </a>
        <a href="/">Go to the start</a>
      </p>
    ),
  });
}

/** For an operator of a directory that this deployment's configuration does not describe. */
export function otherDirectoryPage({ name }: { name: string }) {
  return operatorNotice({
    title: 'Nothing was done',
    who: name,
    text: 'This deployment’s configuration is that of another directory, so Google can’t be asked about yours here.',
    children: (
      <p class="actions">
        <a class="button" href={CONSOLE_PATH}>
          Go back
        </a>
      </p>
    ),
  });
}
