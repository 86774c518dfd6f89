// A fake Google with many people in a process of its own, so that neither its memory nor its work is counted
// as ours. Tells its parent where it is, and ends with it.
import { fields } from '../google/custom-schemas.ts';
import { serveGoogle } from '../google/server.ts';

const [count] = process.argv.slice(2);
const { url, google } = await serveGoogle({ port: 0, seed: false });
// The admin is one of them.
google.workspace.addMany(Number(count) - 1, {
  push: false,
  with: {
    organizations: [{ primary: true, title: 'Project Manager', department: 'Projects' }],
    phones: [{ value: '+46 8 555 010 02', type: 'work', primary: true }],
    externalIds: [{ value: 'E-0001', type: 'organization' }],
    customSchemas: fields({ roles: ['Viewer', 'Approver'], level: ['Senior'], grade: 7 }),
  },
});
process.on('disconnect', () => process.exit(0));
process.send?.({
  url,
  adminEmail: google.workspace.adminEmail,
  serviceAccountKey: google.serviceAccountKey,
});
