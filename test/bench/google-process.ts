// A fake Google with many people in a process of its own, so that neither its memory nor its work is counted
// as ours. Tells its parent where it is, changes people when told to, and ends with it.
import { fields } from '../google/custom-schemas.ts';
import { serveGoogle } from '../google/server.ts';

/** How many of each; nobody hears of it. */
export interface Order {
  retitled: number;
  suspended: number;
  deleted: number;
  hired: number;
  title: string;
}

/** What a right row says. */
export interface PersonNow {
  id: string;
  status: 'active' | 'suspended' | 'deleted';
  title: string;
}

export interface Answer {
  people: PersonNow[];
}

const WITH = {
  organizations: [{ primary: true, title: 'Project Manager', department: 'Projects' }],
  phones: [{ value: '+46 8 555 010 02', type: 'work', primary: true }],
  externalIds: [{ value: 'E-0001', type: 'organization' }],
  customSchemas: fields({ roles: ['Viewer', 'Approver'], level: ['Senior'], grade: 7 }),
};

const [count] = process.argv.slice(2);
const { url, google } = await serveGoogle({ port: 0, seed: false });
const { workspace } = google;
// The admin is one of them.
workspace.addMany(Number(count) - 1, { push: false, with: WITH });

/** People who are spread over all pages. */
function change({ retitled, suspended, deleted, hired, title }: Order): PersonNow[] {
  const others = workspace.users.filter(
    (user) => user.primaryEmail !== workspace.adminEmail && !user.suspended,
  );
  const wanted = retitled + suspended + deleted;
  if (wanted > others.length) throw new RangeError(`${others.length} people can change`);
  const chosen = Array.from({ length: wanted }, (_, i) => {
    const user = others[Math.floor((i * others.length) / wanted)];
    if (user === undefined) throw new RangeError('nobody there');
    return user;
  });
  const titleOf = ({ organizations }: (typeof chosen)[number]) =>
    String(organizations?.[0]?.['title'] ?? '');
  const now: PersonNow[] = [];
  for (const user of chosen.splice(0, deleted)) {
    workspace.remove(user.id);
    now.push({ id: user.id, status: 'deleted', title: titleOf(user) });
  }
  for (const user of chosen.splice(0, suspended)) {
    workspace.suspend(user.id);
    now.push({ id: user.id, status: 'suspended', title: titleOf(user) });
  }
  for (const { id } of chosen) {
    workspace.update(id, { organizations: [{ primary: true, title }] });
    now.push({ id, status: 'active', title });
  }
  const organizations = [{ primary: true, title }];
  const prefix = title.replace(/\W/g, '').toLowerCase();
  for (const { id } of workspace.addMany(hired, { prefix, with: { ...WITH, organizations } })) {
    now.push({ id, status: 'active', title });
  }
  return now;
}

process.on('message', (order: Order) => {
  const answer: Answer = { people: workspace.silently(() => change(order)) };
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
process.send?.({
  url,
  adminEmail: workspace.adminEmail,
  serviceAccountKey: google.serviceAccountKey,
});
