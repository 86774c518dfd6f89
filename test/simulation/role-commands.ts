// What changes roles: rules and decisions by hand at the console, fields, org units and groups at Google. An operator's page
// may be old when they send it.
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { DatabaseError } from '../../src/db/database.ts';
import { readRoleBook } from '../../src/roles/book.ts';
import {
  type HandState,
  hashOfRules,
  type RuleChange,
  saveByHand,
  saveRules,
} from '../../src/roles/edit.ts';
import { readGroups } from '../../src/roles/groups.ts';
import type { Rule } from '../../src/roles/rule.ts';
import type { SyncPorts } from '../../src/sync/ports.ts';
import { beginRecompute } from '../../src/sync/recompute.ts';
import type { Google } from '../google/google.ts';
import { WorkspaceError } from '../google/workspace-error.ts';
import { idsOf } from './people.ts';
import { type Chance, oneOf } from './random.ts';
import type { RuleSaid } from './role-oracle.ts';
import type { Actor } from './scheduler.ts';
import type { World } from './world.ts';

export const ROLE_KINDS = [
  'addRule',
  'groupRule',
  'replaceRule',
  'removeRule',
  'byHand',
  'nudge',
  'teams',
  'level',
  'orgUnit',
  'membership',
  'groupGone',
  'membersFail',
] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

export const isRoleKind = (kind: string): kind is RoleKind =>
  (ROLE_KINDS as readonly string[]).includes(kind);

type RuleCommand = 'addRule' | 'groupRule' | 'replaceRule' | 'removeRule';
type NewRule = Omit<Rule, 'id'>;

const TEAM = 'team@example.test';
const ALL = 'all@example.test';
const NEST = 'nest@example-studio.test';
export const GROUPS = [TEAM, ALL, NEST] as const;

const GROUP_RULES: readonly NewRule[] = [
  { source: { kind: 'group', group: TEAM }, role: 'lead' },
  { source: { kind: 'group', group: ALL }, role: 'all' },
  { source: { kind: 'group', group: NEST }, role: 'nested' },
];
/** All other kinds; some give the same role, some what nobody has, and some what no rule may give. */
const RULES: readonly NewRule[] = [
  { source: { kind: 'fields', schema: 'Roles' }, role: '{field}' },
  { source: { kind: 'fields', schema: 'PM_Teams' }, role: 'team:{field}' },
  { source: { kind: 'fields', schema: 'PM_Teams' }, role: '{field}' },
  { source: { kind: 'field', schema: 'User_Level', field: 'Team_Lead' }, role: 'lead' },
  { source: { kind: 'field', schema: 'User_Level', field: 'constructor' }, role: 'ghost' },
  { source: { kind: 'value', schema: 'User_Level', field: 'Grade' }, role: 'grade-{value}' },
  { source: { kind: 'value', schema: 'User_Level', field: 'Languages' }, role: '{value}' },
  { source: { kind: 'org-unit', path: '/Sales' }, role: 'sales' },
  { source: { kind: 'org-unit', path: '/' }, role: 'staff' },
  { source: { kind: 'super-admin' }, role: 'boss' },
  { source: { kind: 'everyone' }, role: 'all' },
  // The form refuses it; were it ever stored, it would give nothing.
  { source: { kind: 'everyone' }, role: 'rollcall:admin' },
];

const HAND_ROLES = ['lead', 'lead', 'lead', 'Editor', 'rollcall:admin'] as const;
const ORG_UNITS = ['/', '/Sales', '/Sales/North', '/Salesmen'] as const;
/** The last two are no names of roles. */
const TEAMS = ['Alpha', 'Bravo', 'rollcall:admin', 'Größe 1'] as const;
const LANGUAGES = ['de', 'en', ' fr ', 'lead', 'two words', 'Rollcall:Admin'] as const;
/** How long a page may stay open. */
const PAGE_MS = 90_000;

export function doRoleCommand(world: World, kind: RoleKind, who: number, chance: Chance): void {
  switch (kind) {
    case 'addRule':
    case 'groupRule':
    case 'replaceRule':
    case 'removeRule':
      changeRules(world, kind, chance);
      return;
    case 'byHand':
      decideByHand(world, who, chance);
      return;
    case 'nudge':
      try {
        world.queue.enqueue([
          { kind: 'recompute', directoryId: DEFAULT_DIRECTORY_ID, run: 1 + chance.below(20) },
        ]);
      } catch {
        // The queue refuses: nobody is nudged.
      }
      return;
    case 'membersFail':
      world.google.faults.failNext(
        'members',
        oneOf(chance, ['503', '429', '403 forbidden', 'empty 200', '404 html'] as const),
        1 + chance.below(3),
      );
      return;
    default:
      atGoogle(world.google, kind, who, chance);
  }
}

/** An operator's event; where the database is away they see a page that says so. */
function atConsole(world: World, work: (ports: SyncPorts, actor: Actor) => Promise<void>): void {
  world.start('operator', async (actor) => {
    try {
      await work(world.portsFor(actor), actor);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  });
}

const said = ({ id, source, role }: Rule): RuleSaid => ({ id, source: { ...source }, role });

function changeOf(kind: RuleCommand, rules: readonly Rule[], chance: Chance): RuleChange {
  const isOfGroup = kind === 'groupRule' || chance.happens(0.4);
  const rule = oneOf(chance, isOfGroup ? GROUP_RULES : RULES);
  const which = chance.below(1_000);
  const known = rules[which % Math.max(1, rules.length)];
  if (kind === 'addRule' || kind === 'groupRule' || known === undefined)
    return { kind: 'add', rule };
  return kind === 'removeRule'
    ? { kind: 'remove', id: known.id }
    : { kind: 'replace', id: known.id, rule };
}

function changed(change: RuleChange, rules: readonly RuleSaid[], newId: number): RuleSaid[] {
  if (change.kind === 'remove') return rules.filter(({ id }) => id !== change.id);
  const rule = { source: { ...change.rule.source }, role: change.rule.role };
  if (change.kind === 'add') return [...rules, { id: newId, ...rule }];
  return rules.map((one) => (one.id === change.id ? { id: one.id, ...rule } : one));
}

function changeRules(world: World, kind: RuleCommand, chance: Chance): void {
  const openMs = chance.below(2) * chance.below(PAGE_MS);
  const isPreviewed = chance.happens(0.4);
  atConsole(world, async (ports, actor) => {
    const book = await readRoleBook(ports, DEFAULT_DIRECTORY_ID, []);
    if (book === null) return;
    const change = changeOf(kind, book.rules, chance);
    const seen = await hashOfRules(book);
    if (change.kind !== 'remove' && change.rule.source.kind === 'group' && isPreviewed) {
      const named = [...book.rules, change.rule].flatMap(({ source }) =>
        source.kind === 'group' ? [source.group] : [],
      );
      const callsBefore = ports.googleCalls();
      const left = () => ports.config.googleCallsPerPass - (ports.googleCalls() - callsBefore);
      await readGroups(ports, DEFAULT_DIRECTORY_ID, named, left);
    }
    await world.scheduler.pass(actor, 'page', world.nowMs + openMs);
    world.witness?.roles.intends(actor, {
      kind: 'rules',
      seen: book.rules.map(said),
      after: (rules, newId) => changed(change, rules, newId),
    });
    const order = { change, seen, madeBy: 'user:1' };
    if ((await saveRules(ports, DEFAULT_DIRECTORY_ID, order)) === 'conflict') {
      world.counts.conflicts += 1;
      return;
    }
    await beginRecompute(ports, DEFAULT_DIRECTORY_ID);
  });
}

function decideByHand(world: World, who: number, chance: Chance): void {
  const ids = idsOf(world.google);
  const userId = ids[who % ids.length] ?? '';
  const role = oneOf(chance, HAND_ROLES);
  const to = oneOf(chance, ['added', 'added', 'excepted', 'none'] as const);
  const openMs = chance.below(2) * chance.below(PAGE_MS);
  atConsole(world, async (ports, actor) => {
    const book = await readRoleBook(ports, DEFAULT_DIRECTORY_ID, [userId]);
    const decided = book?.byHand.get(userId)?.find((one) => one.role === role);
    const seen: HandState = decided?.kind ?? 'none';
    await world.scheduler.pass(actor, 'page', world.nowMs + openMs);
    world.witness?.roles.intends(actor, { kind: 'hand', userId, role, seen, to });
    const edit = { userId, role, to, seen, reason: 'they asked', madeBy: 'user:1' };
    if ((await saveByHand(ports, DEFAULT_DIRECTORY_ID, edit)) === 'conflict') {
      world.counts.conflicts += 1;
      return;
    }
    await beginRecompute(ports, DEFAULT_DIRECTORY_ID, [userId]);
  });
}

type AtGoogle = 'teams' | 'level' | 'orgUnit' | 'membership' | 'groupGone';

function atGoogle(google: Google, kind: AtGoogle, who: number, chance: Chance): void {
  try {
    attempt(google, kind, who, chance);
  } catch (error) {
    // Nobody there, or a circle of groups: Google would refuse as well.
    if (!(error instanceof WorkspaceError)) throw error;
  }
}

function attempt({ workspace }: Google, kind: AtGoogle, who: number, chance: Chance): void {
  const people = workspace.store.living().map(({ user }) => user);
  const { id } = people[who % people.length] ?? { id: '' };
  const group = oneOf(chance, GROUPS);
  const isOn = chance.happens(0.6);
  switch (kind) {
    case 'teams':
      workspace.update(id, { customSchemas: { PM_Teams: { [oneOf(chance, TEAMS)]: isOn } } });
      return;
    case 'level': {
      const languages = LANGUAGES.filter(() => chance.happens(0.4));
      const level = {
        Team_Lead: isOn,
        Grade: String(chance.below(3)),
        Languages: languages.map((value) => ({ type: 'work', value })),
      };
      workspace.update(id, { customSchemas: { User_Level: level } });
      return;
    }
    case 'orgUnit':
      workspace.update(id, { orgUnitPath: oneOf(chance, ORG_UNITS) });
      return;
    case 'groupGone':
      if (workspace.groups.find(group)) workspace.groups.remove(group);
      else workspace.groups.create({ email: group });
      return;
    case 'membership': {
      const other = oneOf(chance, [...GROUPS, 'my_customer', 'stranger@elsewhere.test']);
      const member = chance.happens(0.75) ? id : other;
      if (!isOn) workspace.groups.removeMember(group, member);
      else workspace.groups.addMember(group, member, oneOf(chance, ['MEMBER', 'OWNER'] as const));
      return;
    }
    default:
      kind satisfies never;
  }
}
