// The people of example.test, a small agency that runs projects for clients: invented, all of them.
// Names in several scripts, somebody suspended, somebody archived, aliases, a second domain.
import type { CustomSchemas } from './person.ts';

export interface SeedPerson {
  email: string;
  given: string;
  family: string;
  orgUnit: string;
  title?: string;
  department?: string;
  manager?: string;
  phone?: string;
  employeeId?: string;
  lastLogin?: string;
  photo?: string;
  aliases?: string[];
  schemas?: CustomSchemas;
  isSuperAdmin?: boolean;
  isSuspended?: boolean;
  isArchived?: boolean;
}

/** The definitions behind the custom fields, for whoever edits them. */
export const CUSTOM_SCHEMAS = {
  PM_Teams: {
    Alpha: { type: 'BOOL', isMulti: false },
    Bravo: { type: 'BOOL', isMulti: false },
    Charlie: { type: 'BOOL', isMulti: false },
    Delta: { type: 'BOOL', isMulti: false },
  },
  Roles: {
    Editor: { type: 'BOOL', isMulti: false },
    Approver: { type: 'BOOL', isMulti: false },
    Billing: { type: 'BOOL', isMulti: false },
    Viewer: { type: 'BOOL', isMulti: false },
  },
  User_Level: {
    Team_Lead: { type: 'BOOL', isMulti: false },
    Senior: { type: 'BOOL', isMulti: false },
    Junior: { type: 'BOOL', isMulti: false },
    Grade: { type: 'INT64', isMulti: false },
    Languages: { type: 'STRING', isMulti: true },
  },
} as const satisfies Record<string, Record<string, { type: string; isMulti: boolean }>>;

const PRIMARY = 'example.test';
const STUDIO = 'example-studio.test';
const at = (local: string, domain = PRIMARY) => `${local}@${domain}`;

type Fields = {
  teams?: string[];
  roles?: string[];
  level?: string[];
  grade?: number;
  speaks?: string[];
};

/** Only what is true is set, as an admin leaves it who has ticked a few boxes. */
function fields({ teams = [], roles = [], level = [], grade, speaks }: Fields): CustomSchemas {
  const ticked = (names: string[]) => Object.fromEntries(names.map((name) => [name, true]));
  const schemas: CustomSchemas = {};
  if (teams.length > 0) schemas['PM_Teams'] = ticked(teams);
  if (roles.length > 0) schemas['Roles'] = ticked(roles);
  const levels: Record<string, unknown> = ticked(level);
  if (grade !== undefined) levels['Grade'] = String(grade);
  if (speaks) levels['Languages'] = speaks.map((value) => ({ type: 'work', value }));
  if (Object.keys(levels).length > 0) schemas['User_Level'] = levels;
  return schemas;
}

export const EXAMPLE_COMPANY: readonly SeedPerson[] = [
  {
    email: at('admin'),
    given: 'Robin',
    family: 'Administrator',
    orgUnit: '/',
    title: 'Workspace Administrator',
    department: 'IT',
    employeeId: 'E-0001',
    lastLogin: '2026-11-20T07:41:00.000Z',
    isSuperAdmin: true,
    schemas: fields({ roles: ['Viewer'] }),
  },
  {
    email: at('it'),
    given: 'Tomás',
    family: 'Quiroga',
    orgUnit: '/Management',
    title: 'Head of IT',
    department: 'IT',
    manager: at('margit.holm'),
    phone: '+46 8 555 010 02',
    employeeId: 'E-0002',
    lastLogin: '2026-11-19T16:20:00.000Z',
    isSuperAdmin: true,
    aliases: [at('helpdesk')],
    schemas: fields({ roles: ['Approver', 'Viewer'], level: ['Team_Lead'], grade: 7 }),
  },
  {
    email: at('margit.holm'),
    given: 'Margit',
    family: 'Holm',
    orgUnit: '/Management',
    title: 'Managing Director',
    department: 'Management',
    phone: '+46 8 555 010 03',
    employeeId: 'E-0003',
    lastLogin: '2026-11-20T06:58:00.000Z',
    aliases: [at('md'), at('office')],
    schemas: fields({
      teams: ['Alpha', 'Bravo', 'Charlie', 'Delta'],
      roles: ['Approver', 'Billing'],
      grade: 9,
      speaks: ['sv', 'en', 'de'],
    }),
  },
  {
    email: at('ana.moreira'),
    given: 'Ana',
    family: 'Moreira',
    orgUnit: '/Management/Projects',
    title: 'Project Manager',
    department: 'Projects',
    manager: at('margit.holm'),
    phone: '+351 21 555 0104',
    employeeId: 'E-0004',
    lastLogin: '2026-11-20T08:02:00.000Z',
    schemas: fields({
      teams: ['Alpha', 'Bravo'],
      roles: ['Editor', 'Approver'],
      level: ['Team_Lead', 'Senior'],
      grade: 6,
      speaks: ['pt', 'en'],
    }),
  },
  {
    email: at('kwame.boateng'),
    given: 'Kwame',
    family: 'Boateng-Addo',
    orgUnit: '/Management/Projects',
    title: 'Project Manager',
    department: 'Projects',
    manager: at('margit.holm'),
    phone: '+233 30 555 0105',
    employeeId: 'E-0005',
    lastLogin: '2026-11-18T10:30:00.000Z',
    schemas: fields({ teams: ['Charlie'], roles: ['Editor'], level: ['Senior'], grade: 5 }),
  },
  {
    email: at('priya.raman'),
    given: 'Priya',
    family: 'Ramanathan',
    orgUnit: '/Management/Projects',
    title: 'Junior Project Manager',
    department: 'Projects',
    manager: at('ana.moreira'),
    employeeId: 'E-0006',
    lastLogin: '2026-11-20T04:12:00.000Z',
    schemas: fields({ teams: ['Delta'], roles: ['Viewer'], level: ['Junior'], grade: 3 }),
  },
  {
    email: at('noor'),
    given: 'نور',
    family: 'الحداد',
    orgUnit: '/Engineering',
    title: 'Engineering Lead',
    department: 'Engineering',
    manager: at('margit.holm'),
    phone: '+962 6 555 0107',
    employeeId: 'E-0007',
    lastLogin: '2026-11-20T05:45:00.000Z',
    aliases: [at('noor.alhaddad')],
    schemas: fields({
      teams: ['Alpha', 'Charlie'],
      roles: ['Editor', 'Approver'],
      level: ['Team_Lead', 'Senior'],
      grade: 7,
      speaks: ['ar', 'en', 'fr'],
    }),
  },
  {
    email: at('wei.zhang'),
    given: '伟',
    family: '张',
    orgUnit: '/Engineering',
    title: 'Software Engineer',
    department: 'Engineering',
    manager: at('noor'),
    employeeId: 'E-0008',
    lastLogin: '2026-11-20T01:15:00.000Z',
    schemas: fields({ teams: ['Alpha'], roles: ['Editor'], level: ['Senior'], grade: 5 }),
  },
  {
    email: at('oksana.bondar'),
    given: 'Оксана',
    family: 'Бондар',
    orgUnit: '/Engineering',
    title: 'Software Engineer',
    department: 'Engineering',
    manager: at('noor'),
    employeeId: 'E-0009',
    lastLogin: '2026-11-19T12:00:00.000Z',
    schemas: fields({ teams: ['Bravo'], roles: ['Editor'], level: ['Junior'], grade: 3 }),
  },
  {
    email: at('liam.oreilly'),
    given: 'Liam',
    family: "O'Reilly",
    orgUnit: '/Engineering/Platform',
    title: 'Platform Engineer',
    department: 'Engineering',
    manager: at('noor'),
    phone: '+353 1 555 0110',
    employeeId: 'E-0010',
    lastLogin: '2026-11-17T15:33:00.000Z',
    schemas: fields({ teams: ['Delta'], roles: ['Editor'], level: ['Senior'] }),
  },
  {
    email: at('tamar.k'),
    given: 'תמר',
    family: 'קפלן',
    orgUnit: '/Design',
    title: 'Design Lead',
    department: 'Design',
    manager: at('margit.holm'),
    employeeId: 'E-0011',
    lastLogin: '2026-11-20T08:30:00.000Z',
    schemas: fields({
      teams: ['Alpha', 'Delta'],
      roles: ['Editor', 'Approver'],
      level: ['Team_Lead'],
      grade: 6,
      speaks: ['he', 'en'],
    }),
  },
  {
    email: at('yuki.tanabe'),
    given: '由紀',
    family: '田辺',
    orgUnit: '/Design',
    title: 'Visual Designer',
    department: 'Design',
    manager: at('tamar.k'),
    employeeId: 'E-0012',
    lastLogin: '2026-11-20T00:05:00.000Z',
    schemas: fields({ teams: ['Alpha'], roles: ['Editor'], level: ['Senior'], grade: 5 }),
  },
  {
    email: at('sunny'),
    given: 'Sunny 🌞',
    family: 'Vale',
    orgUnit: '/Design',
    title: 'Motion Designer 🎬',
    department: 'Design',
    manager: at('tamar.k'),
    employeeId: 'E-0013',
    lastLogin: '2026-11-16T19:22:00.000Z',
    aliases: [at('sunny.vale')],
    schemas: fields({ teams: ['Bravo'], roles: ['Viewer'], level: ['Junior'] }),
  },
  {
    email: at('henrike.gross'),
    given: 'Henrike',
    family: 'Groß-Løvås',
    orgUnit: '/Sales',
    title: 'Head of Sales',
    department: 'Sales',
    manager: at('margit.holm'),
    phone: '+49 30 555 0114',
    employeeId: 'E-0014',
    lastLogin: '2026-11-20T07:10:00.000Z',
    aliases: [at('sales')],
    schemas: fields({ roles: ['Billing', 'Viewer'], level: ['Team_Lead'], grade: 7 }),
  },
  {
    email: at('diego.nunez'),
    given: 'Diego',
    family: 'Núñez Ibarra',
    orgUnit: '/Sales',
    title: 'Account Manager',
    department: 'Sales',
    manager: at('henrike.gross'),
    phone: '+34 91 555 0115',
    employeeId: 'E-0015',
    lastLogin: '2026-11-19T17:48:00.000Z',
    schemas: fields({ roles: ['Viewer'], level: ['Senior'], grade: 4 }),
  },
  {
    email: at('chloe.martin'),
    given: 'Chloé',
    family: 'Martin',
    orgUnit: '/Sales',
    title: 'Account Manager',
    department: 'Sales',
    manager: at('henrike.gross'),
    employeeId: 'E-0016',
    lastLogin: '2026-09-30T09:00:00.000Z',
    isSuspended: true,
    schemas: fields({ roles: ['Viewer', 'Billing'], level: ['Junior'] }),
  },
  {
    email: at('minh.nguyen'),
    given: 'Minh',
    family: 'Nguyễn Hoàng',
    orgUnit: '/Support',
    title: 'Support Lead',
    department: 'Support',
    manager: at('margit.holm'),
    phone: '+84 28 555 0117',
    employeeId: 'E-0017',
    lastLogin: '2026-11-20T03:27:00.000Z',
    aliases: [at('support')],
    schemas: fields({ teams: ['Bravo'], roles: ['Editor'], level: ['Team_Lead'], grade: 5 }),
  },
  {
    email: at('ayse.yildiz'),
    given: 'Ayşe',
    family: 'Yıldız',
    orgUnit: '/Support',
    title: 'Support Specialist',
    department: 'Support',
    manager: at('minh.nguyen'),
    employeeId: 'E-0018',
    lastLogin: '2026-11-20T08:11:00.000Z',
    schemas: fields({ roles: ['Viewer'], level: ['Junior'], grade: 2 }),
  },
  {
    email: at('sione'),
    given: 'Sione',
    family: 'Taufaʻāhau',
    orgUnit: '/Support',
    title: 'Support Specialist',
    department: 'Support',
    manager: at('minh.nguyen'),
    employeeId: 'E-0019',
    isSuspended: true,
    schemas: fields({ roles: ['Viewer'], level: ['Junior'] }),
  },
  {
    email: at('giorgos.p'),
    given: 'Γιώργος',
    family: 'Παππάς',
    orgUnit: '/Support',
    title: 'Former Support Lead',
    department: 'Support',
    employeeId: 'E-0020',
    lastLogin: '2025-12-19T14:00:00.000Z',
    isArchived: true,
    schemas: fields({ roles: ['Editor'], level: ['Senior'], grade: 5 }),
  },
  {
    email: at('ext.baker'),
    given: 'Jo',
    family: 'Baker',
    orgUnit: '/Contractors',
    title: 'Copywriter',
    department: 'Contractors',
    manager: at('ana.moreira'),
    lastLogin: '2026-11-12T11:11:00.000Z',
    schemas: fields({ teams: ['Alpha'], roles: ['Viewer'] }),
  },
  {
    email: at('ext.ivanova'),
    given: 'Мила',
    family: 'Иванова',
    orgUnit: '/Contractors',
    title: 'Translator',
    department: 'Contractors',
    manager: at('kwame.boateng'),
    schemas: fields({ teams: ['Charlie'], speaks: ['bg', 'en', 'ru'] }),
  },
  { email: at('ext.new'), given: 'Amina', family: 'Diallo', orgUnit: '/Contractors' },
  {
    email: at('frida', STUDIO),
    given: 'Frida',
    family: 'Lindqvist',
    orgUnit: '/Design/Studio',
    title: 'Studio Director',
    department: 'Studio',
    manager: at('tamar.k'),
    employeeId: 'E-0024',
    lastLogin: '2026-11-19T20:20:00.000Z',
    schemas: fields({ teams: ['Delta'], roles: ['Approver'], level: ['Team_Lead'], grade: 6 }),
  },
  {
    email: at('ravi', STUDIO),
    given: 'रवि',
    family: 'कुलकर्णी',
    orgUnit: '/Design/Studio',
    title: 'Photographer 📷',
    department: 'Studio',
    manager: at('frida', STUDIO),
    employeeId: 'E-0025',
    lastLogin: '2026-11-18T22:40:00.000Z',
    schemas: fields({
      teams: ['Delta'],
      roles: ['Editor'],
      level: ['Senior'],
      speaks: ['hi', 'mr', 'en'],
    }),
  },
];
