// Fifty people at a time for whoever tries what a company of some size is like, and a way to have thirty of them leave
// at once. Made up, all of them, and the same in every run.
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Google } from '../google.ts';
import { type GoogleUser, isoTime } from '../person.ts';
import type { Workspace } from '../workspace.ts';
import { action, type Html } from './layout.ts';

const ADDED = 50;
const LEAVING = 30;

/** Given and family names of one script stay together. */
const NAMES: readonly [given: readonly string[], family: readonly string[]][] = [
  [
    ['Ada', 'Bruno', 'Cleo', 'Dario', 'Edda'],
    ['Abel', 'Brandt', 'Castello'],
  ],
  [
    ['Łucja', 'Žan', 'Åse', 'Çağla', 'Ðorđe'],
    ['Ångström', 'Dvořák', 'Günay'],
  ],
  [
    ['Олена', 'Борис', 'Зоя', 'Іван', 'Дар’я'],
    ['Мельник', 'Коваль', 'Орлова'],
  ],
  [
    ['ليلى', 'يوسف', 'هالة', 'كريم', 'سلمى'],
    ['منصور', 'الخطيب', 'درويش'],
  ],
  [
    ['美咲', '健太', '明', '静', '蓮'],
    ['佐藤', '小林', '山本'],
  ],
];
const UNITS = ['/Seasonal', '/Seasonal/North', '/Seasonal/South'] as const;

const ADDRESS = /^crowd\.(\d+)@/;
const numberOf = (user: GoogleUser) => Number(ADDRESS.exec(user.primaryEmail)?.[1] ?? 0);

/** Those of the crowd who are in the company, the first to come first. */
const crowdOf = ({ users }: Workspace) =>
  users.filter((user) => numberOf(user) > 0).sort((a, b) => numberOf(a) - numberOf(b));

const pick = <T>(items: readonly T[], at: number) => items[at % items.length] as T;

function nameAt(number: number) {
  const [given, family] = pick(NAMES, number);
  const turn = Math.floor(number / NAMES.length);
  return {
    givenName: pick(given, turn),
    familyName: pick(family, Math.floor(turn / given.length)),
  };
}

function addCrowd(workspace: Workspace): void {
  // Also beyond those who were deleted: they may be brought back, with their addresses.
  const last = Math.max(0, ...[...workspace.users, ...workspace.deleted].map(numberOf));
  for (let number = last + 1; number <= last + ADDED; number += 1) {
    workspace.add({
      primaryEmail: `crowd.${String(number).padStart(3, '0')}@${workspace.domains[0]}`,
      ...nameAt(number),
      orgUnitPath: pick(UNITS, number),
      agreedToTerms: true,
      lastLoginTime: isoTime(Date.UTC(2026, 10, 1 + (number % 20), 8, number % 60)),
    });
  }
}

/** The buttons above the list. */
export function crowdButtons({ workspace }: Google): Html {
  const leaving = Math.min(LEAVING, crowdOf(workspace).length);
  return html`${action('/people/crowd/add', `Add ${ADDED} people`)}${
    leaving === 0
      ? ''
      : action(
          '/people/crowd/delete',
          `Delete ${leaving === 1 ? '1 person' : `${leaving} people`}`,
          {
            kind: 'danger',
            ask: `Delete ${leaving} of the people who were added together? They can be brought back for 20 days.`,
          },
        )
  }`;
}

/** What the list says after one of them was pressed. */
export const crowdNotice = (done: string | undefined): string | undefined =>
  ({
    'crowd-added': `${ADDED} people added. The channels have been told.`,
    'crowd-deleted': 'Deleted. The channels have been told, unless pushes get lost.',
  })[done ?? ''];

export function crowdRoutes({ workspace }: Google): Hono {
  const app = new Hono();
  app.post('/people/crowd/add', (c) => {
    addCrowd(workspace);
    return c.redirect('/?done=crowd-added', 303);
  });
  app.post('/people/crowd/delete', (c) => {
    for (const { id } of crowdOf(workspace).slice(0, LEAVING)) workspace.remove(id);
    return c.redirect('/?done=crowd-deleted', 303);
  });
  return app;
}
