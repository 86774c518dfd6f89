// The frame of every Admin console page, and the small pieces that several pages share: names,
// avatars, status chips, times. Everything is escaped by hono/html; names also stand in <bdi>, so
// that a right-to-left one doesn't turn its neighbours around.
import { html } from 'hono/html';
import { FAULT_SWITCHES } from '../fault-switches.ts';
import type { Google } from '../google.ts';
import type { GoogleUser } from '../person.ts';

export type Html = ReturnType<typeof html> | string;

interface PageParts {
  title: string;
  /** Path of the entry that is open in the navigation. */
  at: string;
  body?: Html;
  /** What was just done. */
  notice?: string | undefined;
  problem?: string | undefined;
}

export function page(google: Google, { title, at, body = '', notice, problem }: PageParts) {
  const { workspace, faults } = google;
  const on = FAULT_SWITCHES.filter(({ key }) => !faults.isOff(key)).length + faults.pending.length;
  const entries: [string, string, number | null][] = [
    ['/', 'People', workspace.users.length],
    ['/groups', 'Groups', workspace.groups.all.length || null],
    ['/deleted', 'Deleted', workspace.deleted.length || null],
    ['/channels', 'Channels', workspace.channels.length],
    ['/access', 'API access', null],
    ['/sign-in', 'Sign-in', null],
    ['/faults', 'Faults', on || null],
  ];
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Admin console</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/assets/console.css">
  <script src="/assets/console.js" defer></script>
</head>
<body>
  <a class="skip" href="#main">Skip to the content</a>
  <header class="side">
    <a class="brand" href="/">
      <span class="mark" aria-hidden="true"></span>
      <span><strong>${workspace.domains[0]}</strong><small>Admin console</small></span>
    </a>
    <nav aria-label="Main">
      ${entries.map(
        ([path, label, count]) =>
          html`<a href="${path}" ${path === at ? html`aria-current="page"` : ''}>${label}${
            count === null
              ? ''
              : html` <span class="count ${path === '/faults' ? 'hot' : ''}">${count}</span>`
          }</a>`,
      )}
    </nav>
    <p class="aside">A Google Workspace that runs on this machine. Nobody in it exists.</p>
  </header>
  <main id="main">
    ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
    ${problem ? html`<h1>${title}</h1><p class="notice bad" role="alert">${problem}</p>` : ''}
    ${body}
  </main>
</body>
</html>`;
}

/** Keeps the initials of scripts that join their letters apart. */
const NON_JOINER = '\u200c';

/** Enough of somebody for their initials and a colour of their own. */
type Somebody = { id: string; name: { givenName: string; familyName: string } };

export function avatar(user: Somebody, size: 'small' | 'large' = 'small'): Html {
  const { givenName, familyName } = user.name;
  const first = (text: string) => [...new Intl.Segmenter().segment(text)][0]?.segment ?? '';
  const initials =
    [givenName, familyName].map(first).filter(Boolean).join(NON_JOINER).toUpperCase() || '?';
  const hue = [...user.id].reduce((sum, digit) => sum + Number(digit), 0) % 8;
  return html`<span class="avatar ${size} hue-${hue}" aria-hidden="true">${initials}</span>`;
}

export function nameOf(user: GoogleUser): Html {
  return html`<bdi>${user.name.fullName || user.primaryEmail}</bdi>`;
}

export function statusOf(user: GoogleUser): 'deleted' | 'suspended' | 'archived' | 'active' {
  if (user.deletionTime) return 'deleted';
  if (user.suspended) return 'suspended';
  return user.archived ? 'archived' : 'active';
}

export function statusChips(user: GoogleUser): Html {
  const status = statusOf(user);
  const label = status.charAt(0).toUpperCase() + status.slice(1);
  return html`<span class="chip ${status}">${label}</span>${
    user.isAdmin ? html` <span class="chip admin">Super admin</span>` : ''
  }`;
}

/** A moment, to be read by people and by console.js, which makes it local time. */
export function moment(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

export function titleOf(user: GoogleUser): string {
  return textOf(user.organizations?.[0]?.['title']);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A button that POSTs, with nothing else in its form. */
export function action(path: string, label: string, options: { kind?: string; ask?: string } = {}) {
  const { kind = '', ask } = options;
  return html`<form method="post" action="${path}" ${ask ? html`data-ask="${ask}"` : ''}>
    <button class="${kind}">${label}</button>
  </form>`;
}
