// What an event changed, for people to read: each mapped field that is another than before, nested ones by their path,
// lists by what was added and taken away. Pure; what stands in an event is Google's, and may be anything.
import type { WireObject } from '../google/user.ts';

/** One difference. Field and values are text to be shown as such: they may hold whatever somebody wrote at Google. */
export interface Change {
  /**
   * - `value` a field went from one value to another
   * - `item` of a list: one was added (`before: null`) or taken away (`after: null`)
   * - `role` as `item`, of the roles
   * - `more` there are others, as many as `after` says
   */
  kind: 'value' | 'item' | 'role' | 'more';
  /** `Address`, `Title`, `User_Level.Grade`. */
  field: string;
  /** `null` = there was nothing. */
  before: string | null;
  /** `null` = there is nothing any more. */
  after: string | null;
}

/** More than anybody reads; each is a line. */
const MOST_CHANGES = 60;
const LONGEST_VALUE = 160;
const LONGEST_FIELD = 80;
/** Google's own go to three. */
const DEEPEST = 6;

const LABELS: Readonly<Record<string, string>> = {
  email: 'Address',
  givenName: 'Given name',
  familyName: 'Family name',
  fullName: 'Name',
  status: 'Status',
  isAdmin: 'Super admin',
  isDelegatedAdmin: 'Delegated admin',
  orgUnitPath: 'Organisation unit',
  photoUrl: 'Photo',
};

const ATTRIBUTE_LABELS: Readonly<Record<string, string>> = {
  aliases: 'Alias',
  nonEditableAliases: 'Alias by domain',
  title: 'Title',
  department: 'Department',
  organization: 'Organisation',
  costCenter: 'Cost centre',
  manager: 'Manager',
  employeeId: 'Employee ID',
  phone: 'Phone',
  phones: 'Phones',
  language: 'Language',
};

/** What people call an attribute; its own name where that is none of ours. */
export const attributeLabel = (name: string): string =>
  (Object.hasOwn(ATTRIBUTE_LABELS, name) ? ATTRIBUTE_LABELS[name] : undefined) ?? name;

const isObject = (value: unknown): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string | null): WireObject {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function cut(text: string, longest: number): string {
  // Never through the middle of a character.
  const letters = text.length > longest ? [...text.slice(0, longest * 2 + 2)] : [];
  return letters.length > longest ? `${letters.slice(0, longest).join('')}…` : text;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested deeper than the stack.
    return '…';
  }
}

/**
 * A value of Google's as a line: text as it is, `{value, type}` as `value (type)`, anything else as JSON. Not longer than
 * 160 characters.
 */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return cut(value, LONGEST_VALUE);
  if (isObject(value)) {
    const { value: inner, type, customType, ...rest } = value;
    const kind = typeof customType === 'string' ? customType : type;
    const isPlain = typeof inner === 'string' || typeof inner === 'number';
    if (isPlain && Object.keys(rest).every((key) => key === 'primary')) {
      const suffix = typeof kind === 'string' && kind !== '' ? ` (${kind})` : '';
      return cut(`${inner}${suffix}`, LONGEST_VALUE);
    }
  }
  return cut(asJson(value), LONGEST_VALUE);
}

/** Two texts from shortly before where they begin to differ. */
function apart(a: string, b: string): [string, string] {
  const [left, right] = [[...a], [...b]];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const start = same < LONGEST_VALUE / 2 ? 0 : same - LONGEST_VALUE / 4;
  const from = (letters: string[]) =>
    cut(`${start > 0 ? '…' : ''}${letters.slice(start).join('')}`, LONGEST_VALUE);
  return [from(left), from(right)];
}

const isNothing = (value: unknown) =>
  value === undefined || value === null || value === '' || value === false;

const textOrNull = (value: unknown) => (isNothing(value) ? null : valueText(value));

/** What one list has and the other has not, however often each stands there. */
function without(items: readonly unknown[], others: readonly unknown[]): unknown[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(asJson(other), (left.get(asJson(other)) ?? 0) + 1);
  return items.filter((item) => {
    const count = left.get(asJson(item)) ?? 0;
    left.set(asJson(item), count - 1);
    return count <= 0;
  });
}

const itemsOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isNothing(value) ? [] : [value];

function* listChanges(
  kind: 'item' | 'role',
  field: string,
  before: unknown,
  after: unknown,
): Generator<Change> {
  const [was, is] = [itemsOf(before), itemsOf(after)];
  for (const item of without(was, is)) yield { kind, field, before: valueText(item), after: null };
  for (const item of without(is, was)) yield { kind, field, before: null, after: valueText(item) };
}

function* changesAt(
  field: string,
  before: unknown,
  after: unknown,
  depth: number,
): Generator<Change> {
  const [was, is] = [asJson(before), asJson(after)];
  if (was === is) return;
  if (Array.isArray(before) || Array.isArray(after)) {
    yield* listChanges('item', field, before, after);
    return;
  }
  const areNested = [before, after].every((side) => isObject(side) || isNothing(side));
  if (areNested && (isObject(before) || isObject(after)) && depth < DEEPEST) {
    yield* changesWithin(
      (key) => (field === '' ? key : `${field}.${key}`),
      isObject(before) ? before : {},
      isObject(after) ? after : {},
      depth + 1,
    );
    return;
  }
  // An unset field and a false one are told apart here: both are Google's words.
  const [from, to] = [before, after].map((side) => (side === false ? 'false' : textOrNull(side)));
  if (from === to && from !== null) {
    // The number 1 became the text "1", or they differ behind where they are cut.
    const [left, right] = apart(was, is);
    yield { kind: 'value', field, before: left, after: right };
  } else if (from !== to) yield { kind: 'value', field, before: from ?? null, after: to ?? null };
}

function* changesWithin(
  fieldOf: (key: string) => string,
  before: WireObject,
  after: WireObject,
  depth: number,
): Generator<Change> {
  const own = (object: WireObject, key: string) =>
    Object.hasOwn(object, key) ? object[key] : undefined;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    yield* changesAt(fieldOf(key), own(before, key), own(after, key), depth);
}

const FLAGS: ReadonlySet<string> = new Set(['isAdmin', 'isDelegatedAdmin']);
const flag = (value: unknown) => (value === 1 ? 'yes' : value === 0 ? 'no' : value);

function* allChanges(before: WireObject, after: WireObject, isNew: boolean): Generator<Change> {
  for (const [key, label] of Object.entries(LABELS)) {
    const [was, is] = [before[key], after[key]];
    if (!FLAGS.has(key)) yield* changesAt(label, was, is, 0);
    // Whoever comes without a right has lost none.
    else if (!(isNew && is === 0)) yield* changesAt(label, flag(was), flag(is), 0);
  }
  const object = (side: WireObject, key: string) => {
    const value = side[key];
    return isObject(value) ? value : {};
  };
  yield* changesWithin(
    attributeLabel,
    object(before, 'attributes'),
    object(after, 'attributes'),
    1,
  );
  yield* changesAt('', object(before, 'customSchemas'), object(after, 'customSchemas'), 0);
  yield* listChanges('role', 'Role', before['roles'], after['roles']);
}

/**
 * What changed between the two sides of an event.
 *
 * @param before the mapped columns as JSON text; `null` = somebody came, and what they came with is listed
 * @returns at most 60, and then one of kind `more`; empty where nothing readable differs
 */
export function diffOf(before: string | null, after: string): Change[] {
  const changes: Change[] = [];
  let more = 0;
  for (const change of allChanges(parsed(before), parsed(after), before === null)) {
    if (changes.length < MOST_CHANGES)
      changes.push({ ...change, field: cut(change.field, LONGEST_FIELD) });
    else more += 1;
  }
  if (more > 0) changes.push({ kind: 'more', field: '', before: null, after: String(more) });
  return changes;
}
