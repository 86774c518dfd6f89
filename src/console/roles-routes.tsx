// The routes of rules for roles: the list, a form, the preview, saving. A preview is a POST because it may have Google asked
// about a group; it saves no rule.
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { readGroupStates } from '../db/groups.ts';
import { readRoleCounts } from '../db/people.ts';
import { readPeopleCounts } from '../db/people-counts.ts';
import { readRecompute } from '../db/role-recomputes.ts';
import { type RuleRecord, readHandRecords, readRuleRecords } from '../db/role-rules.ts';
import { readRuleHints } from '../db/rule-hints.ts';
import { formFields } from '../page/form-fields.ts';
import { ensureFirstRule, readRoleBook, SEED_ID } from '../roles/book.ts';
import { type Edited, hashOfRules, type RuleChange, saveRules } from '../roles/edit.ts';
import { readGroups } from '../roles/groups.ts';
import { type Preview, previewRules } from '../roles/preview.ts';
import { namedGroups, seedRule } from '../roles/rule.ts';
import { beginRecompute, sendRecompute } from '../sync/recompute.ts';
import type { ConsoleEnv } from './access.ts';
import { act, actorOf, backTo, directoryOf, portsOf } from './act.ts';
import { type ConsoleContext, consolePage, Refused } from './page.tsx';
import { PreviewPage } from './pages/preview.tsx';
import { RolesPage } from './pages/roles.tsx';
import { RuleFormPage } from './pages/rule-form.tsx';
import { ROLES_PATH } from './paths.ts';
import {
  type AskedChange,
  askedChange,
  changeTo,
  fieldsOfRule,
  parseRule,
  ruleFieldsOf,
} from './rule-form.ts';

/** Up to so many, going through everybody is a matter of a few hundred milliseconds. */
const COUNTED_UNASKED = 20_000;
const BY_HAND = 100;

/** Nobody overwrites what they have not seen. */
const CONFLICT = (
  <Refused>
    Nothing was done: somebody else has changed the rules since you looked at them. This is how they
    stand now.
  </Refused>
);

const seedRecord = (schema: string): RuleRecord => {
  const { source, role } = seedRule(schema);
  const made = { madeBy: 'configuration', madeByName: null, madeMs: 0 };
  return { id: SEED_ID, source: JSON.stringify(source), role, ...made };
};

async function rolesPage(c: ConsoleContext, word?: Child, status: 200 | 409 = 200) {
  const ports = portsOf(c);
  const directoryId = directoryOf(c);
  const { active, suspended, archived } = await readPeopleCounts(ports.db, directoryId);
  const people = active + suspended + archived;
  const isCounted = people <= COUNTED_UNASKED || c.req.query('count') === 'yes';
  const preview = isCounted ? await previewRules(ports, directoryId, null) : null;
  const [records, groups, byHand, counts, recompute] = await Promise.all([
    readRuleRecords(ports.db, directoryId),
    readGroupStates(ports.db, directoryId),
    readHandRecords(ports.db, directoryId, null, BY_HAND),
    readRoleCounts(ports.db, directoryId),
    readRecompute(ports.db, directoryId),
  ]);
  // Until cron has made the first rule, ROLES_SCHEMA stands for it.
  const isUnmade =
    records.length === 0 && (await readRoleBook(ports, directoryId, []))?.version === 0;
  const shown = {
    records: isUnmade ? [seedRecord(ports.config.rolesSchema)] : records,
    groups,
    byHand,
    counts,
    recompute,
    effects: isCounted ? (preview?.effects ?? []) : null,
    people: preview?.people ?? people,
  };
  const page = { title: 'Roles', here: ROLES_PATH, status };
  const children = <RolesPage {...shown} />;
  return consolePage(c, { ...page, ...(word === undefined ? {} : { word }), children });
}

async function formPage(
  c: ConsoleContext,
  id: number | null,
  given: Readonly<Record<string, unknown>>,
  problems: readonly string[] = [],
) {
  const ports = portsOf(c);
  const directoryId = directoryOf(c);
  const book = await readRoleBook(ports, directoryId, []);
  const rule = book?.rules.find((one) => one.id === id);
  const isThere = rule !== undefined || (id !== null && book?.unreadable.includes(id));
  if (book === null || (id !== null && !isThere)) return rolesPage(c, CONFLICT, 409);
  const isGiven = typeof given['kind'] === 'string' || problems.length > 0;
  const fields = rule !== undefined && !isGiven ? fieldsOfRule(rule) : ruleFieldsOf(given);
  const hints = await readRuleHints(ports.db, directoryId);
  const seen = await hashOfRules(book);
  const form = { id, fields, problems, hints, seen };
  const title = id === null ? 'A new rule' : 'Change a rule';
  return consolePage(c, {
    title,
    here: ROLES_PATH,
    status: problems.length > 0 ? 400 : 200,
    children: <RuleFormPage {...form} />,
  });
}

const form = (c: ConsoleContext) => {
  const asked = askedChange({ id: c.req.query('id') });
  return formPage(c, asked?.id ?? null, c.req.query());
};

type Asked =
  | { ok: true; asked: AskedChange; change: RuleChange }
  | { ok: false; answer: Response | Promise<Response> };

/** What a form of ours asks for, or the answer to one that is none, or says no rule. */
async function asked(c: ConsoleContext): Promise<Asked> {
  const given = await formFields(c.req);
  const found = askedChange(given);
  if (found === null)
    return { ok: false, answer: formPage(c, null, {}, ['The form was not one of ours.']) };
  if (found.isRemoval && found.id !== null)
    return { ok: true, asked: found, change: { kind: 'remove', id: found.id } };
  const parsed = parseRule(ruleFieldsOf(given));
  if (!parsed.ok) return { ok: false, answer: formPage(c, found.id, given, parsed.problems) };
  return { ok: true, asked: found, change: changeTo(found.id, parsed.rule) };
}

/** A group that has not been read yet is, so that the preview says what saving does. Only `default` has a Google to ask. */
async function readGroupOf(c: ConsoleContext, change: RuleChange) {
  const wanted = change.kind === 'remove' ? [] : namedGroups([change.rule]);
  const directoryId = directoryOf(c);
  if (wanted.length === 0 || directoryId !== DEFAULT_DIRECTORY_ID) return;
  const ports = portsOf(c);
  const known = await readGroupStates(ports.db, directoryId);
  if (known.some(({ groupKey, readMs }) => wanted.includes(groupKey) && readMs !== null)) return;
  const callsBefore = ports.googleCalls();
  const left = () => ports.config.googleCallsPerPass - (ports.googleCalls() - callsBefore);
  await readGroups(ports, directoryId, wanted, left);
  await sendRecompute(ports, directoryId);
}

async function preview(c: ConsoleContext) {
  const found = await asked(c);
  if (!found.ok) return found.answer;
  const { change } = found;
  const ports = portsOf(c);
  const directoryId = directoryOf(c);
  await ensureFirstRule(ports, directoryId);
  const book = await readRoleBook(ports, directoryId, []);
  const hash = book === null ? null : await hashOfRules(book);
  // What stood on the page, not what stands now, is what was decided on.
  if (book === null || found.asked.seen !== hash) return rolesPage(c, CONFLICT, 409);
  await readGroupOf(c, change);
  const shown: Preview | null = await previewRules(ports, directoryId, change);
  if (shown === null) return rolesPage(c, CONFLICT, 409);
  const groups = await readGroupStates(ports.db, directoryId);
  const was =
    change.kind === 'add' ? null : (book.rules.find(({ id }) => id === change.id) ?? null);
  return consolePage(c, {
    title: 'What the rule would do',
    here: ROLES_PATH,
    word: '',
    children: <PreviewPage change={change} was={was} preview={shown} groups={groups} />,
  });
}

async function save(c: ConsoleContext) {
  const found = await asked(c);
  if (!found.ok) return found.answer;
  const {
    change,
    asked: { seen },
  } = found;
  if (seen === null) return rolesPage(c, CONFLICT, 409);
  const ports = portsOf(c);
  const directoryId = directoryOf(c);
  // What was read for the preview may be forgotten by now.
  await readGroupOf(c, change);
  const detail = { change: change.kind, ...(change.kind === 'add' ? {} : { rule: change.id }) };
  const saved = await act<{ edited: Edited; isThrough: boolean }>(
    c,
    'role-rules.save',
    detail,
    async () => {
      const edited = await saveRules(ports, directoryId, { change, seen, madeBy: actorOf(c) });
      const isThrough = edited === 'saved' && (await beginRecompute(ports, directoryId));
      return { edited, isThrough };
    },
    ({ edited }) => edited,
  );
  if (saved.edited === 'conflict') return rolesPage(c, CONFLICT, 409);
  return backTo(c, saved.isThrough ? 'rules-saved' : 'rules-saved-under-way', 0, ROLES_PATH);
}

/** Everything under /console/roles. */
export const roles = new Hono<ConsoleEnv>()
  .get('/', (c) => rolesPage(c))
  .get('/rule', form)
  .post('/preview', preview)
  .post('/save', save);
