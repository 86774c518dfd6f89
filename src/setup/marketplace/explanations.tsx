// What an operator wants to know before choosing in Google's forms, and what nobody has confirmed.
// https://developers.google.com/workspace/marketplace/about-app-review
// https://developers.google.com/workspace/marketplace/configure-oauth-consent-screen

import { CopyValues } from '../../page/copy-value.tsx';
import { delegatedScopes } from '../checks/places.ts';

export function Choices() {
  return (
    <section class="card">
      <h2>What the choices mean</h2>
      <h3>Web app, not Drive app</h3>
      <p>
        The entry that used to be under “More” in Google’s bar is today an entry in the app
        launcher, the nine dots; a <em>web app</em> gets it, at its Universal Navigation URL. A{' '}
        <em>Drive app</em> opens and makes files in Drive; Rollcall has none.
      </p>
      <h3>Private, unlisted, public</h3>
      <p>
        <em>Private</em>: your organisation only, and published at once. <em>Public</em>: every
        organisation, after a review by Google of days or more. <em>Unlisted</em> is not found by
        searching; whoever has the link can open it. Private or public is decided for good when the
        form is saved. A listing leads to one deployment, and this one signs in the people of one
        organisation: public would promise others what it does not do.
      </p>
      <h3>Without a consent window</h3>
      <p>
        An administrator who installs the app for the domain grants the scopes listed here, once for
        everybody. People then open it from the launcher and are signed in with no click, or with
        one. An app with the <em>Internal</em> audience also has no warning screen and needs no
        verification. What an administrator has <em>blocked</em> under <em>API controls</em> stays
        blocked.
      </p>
    </section>
  );
}

export function Delegation({
  clientId,
  namesGroups,
}: {
  clientId: string | null;
  namesGroups: boolean;
}) {
  return (
    <section class="card">
      <h2>Reading the directory</h2>
      <p>
        The scopes of the listing are for signing in. That the service account may read users
        {namesGroups && ', and who is in the groups that rules name,'} is granted apart from it:
        Admin console,{' '}
        <em>Security › Access and data control › API controls › Domain-wide delegation</em>.
      </p>
      <CopyValues
        prefix="delegation"
        values={[
          ...(clientId === null ? [] : [{ label: 'Client ID', value: clientId }]),
          {
            label: namesGroups ? 'OAuth scopes' : 'OAuth scope',
            value: delegatedScopes(namesGroups),
          },
        ]}
      />
      {clientId === null && (
        <p class="small quiet">The client ID is “client_id” in the service account’s key file.</p>
      )}
      <p class="small quiet">
        According to older documentation an install for the domain can set this up by itself, for a
        service account of the same project and the scopes of the listing. We have not seen it in
        the current console, so this page does not rely on it: that scope among the listing’s would
        be asked of everybody who installs the app, and has to be verified by Google where the
        listing is public.
      </p>
    </section>
  );
}

export function NotConfirmed() {
  return (
    <section class="card">
      <h2>Not confirmed</h2>
      <p>
        Taken from Google’s documentation; no listing has been made with this page yet. Where that
        documentation is silent:
      </p>
      <ul class="steps">
        <li>Whether an install for the domain still sets up delegation, as said above.</li>
        <li>
          Whether an app is marked <em>Trusted</em> by being installed. Others report it; Google
          does not write it.
        </li>
        <li>
          Whether <em>Trusted</em> alone, without an install, spares people the first question when
          they sign in. It does spare them the page on which single permissions are ticked.
        </li>
        <li>The exact words of the categories and of the answers under “Developer information”.</li>
        <li>
          That nothing replaces the old listing’s extension points, one for each Google product,
          except the integrations above: it follows from the form, nobody says it.
        </li>
      </ul>
    </section>
  );
}
