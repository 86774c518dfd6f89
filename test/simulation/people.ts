// What an admin of the customer does to its people, by number and chance; what can't be done is not done.
import type { Google } from '../google/google.ts';
import { WorkspaceError } from '../google/workspace-error.ts';

export const DEEDS = [
  'add',
  'remove',
  'undelete',
  'recreate',
  'rename',
  'swap',
  'suspend',
  'unsuspend',
  'archive',
  'unarchive',
  'makeAdmin',
  'role',
  'title',
  'alias',
  'signInAtGoogle',
] as const;
export type Deed = (typeof DEEDS)[number];

/** More would only make a history slower. */
const MOST_PEOPLE = 6;

/** The people besides the admin, in the order in which they came. */
function everybody({ workspace }: Google) {
  const admin = workspace.adminEmail;
  return workspace.store
    .living()
    .map(({ user }) => user)
    .filter(({ primaryEmail }) => primaryEmail !== admin);
}

/** Ids of everybody there ever was, the admin included. */
export function idsOf({ workspace }: Google): string[] {
  const { store } = workspace;
  return [...store.living(), ...store.deleted()].map(({ user }) => user.id);
}

export function doDeed(google: Google, deed: Deed, who: number, variant: number): void {
  try {
    attempt(google, deed, who, variant);
  } catch (error) {
    // Taken, gone or out of time: Google would refuse as well.
    if (!(error instanceof WorkspaceError)) throw error;
  }
}

function attempt(google: Google, deed: Deed, who: number, variant: number): void {
  const { workspace } = google;
  const people = everybody(google);
  const person = people[who % Math.max(1, people.length)];
  if (deed === 'add') {
    if (people.length >= MOST_PEOPLE) return;
    const local = `p${variant % 12}`;
    const domain = variant % 5 === 0 ? 'example-studio.test' : 'example.test';
    workspace.add({ primaryEmail: `${local}@${domain}`, givenName: 'P', familyName: local });
    return;
  }
  if (deed === 'undelete') {
    const gone = workspace.deleted;
    const back = gone[who % Math.max(1, gone.length)];
    if (back) workspace.undelete(back.id);
    return;
  }
  if (person === undefined) return;
  const { id } = person;
  switch (deed) {
    case 'remove':
      workspace.remove(id);
      return;
    case 'recreate':
      workspace.remove(id);
      workspace.add({
        primaryEmail: person.primaryEmail,
        givenName: person.name.givenName,
        familyName: person.name.familyName,
      });
      return;
    case 'rename': {
      const domain = variant % 3 === 0 ? 'example-studio.test' : 'example.test';
      workspace.rename(id, `r${variant % 12}@${domain}`);
      return;
    }
    case 'swap': {
      const other = people[variant % people.length];
      if (other && other.id !== id) workspace.swapAddresses(id, other.id);
      return;
    }
    case 'suspend':
      workspace.suspend(id);
      return;
    case 'unsuspend':
      workspace.unsuspend(id);
      return;
    case 'archive':
      workspace.archive(id);
      return;
    case 'unarchive':
      workspace.unarchive(id);
      return;
    case 'makeAdmin':
      workspace.makeAdmin(id, !person.isAdmin);
      return;
    case 'role': {
      const has = person.customSchemas?.['Roles']?.['Editor'] === true;
      workspace.update(id, {
        customSchemas: { Roles: { Editor: !has, Viewer: variant % 2 === 0 } },
      });
      return;
    }
    case 'title':
      workspace.update(id, { organizations: [{ primary: true, title: `t${variant % 3}` }] });
      return;
    case 'alias':
      if ((person.aliases?.length ?? 0) > 0) workspace.removeAlias(id, person.aliases?.[0] ?? '');
      else workspace.addAlias(id, `a${variant % 12}@example.test`);
      return;
    case 'signInAtGoogle':
      workspace.signIn(id);
      return;
    default:
      deed satisfies never;
  }
}
