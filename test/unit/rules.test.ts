// Rules → roles: what each kind finds, what a name must look like, and what holds for all rules and people.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByHand, evaluate, type RoleFacts, rolesOf } from '../../src/roles/evaluate.ts';
import { type Rule, type RuleSource, roleProblem, ruleSource } from '../../src/roles/rule.ts';

const facts = (some: Partial<RoleFacts> = {}): RoleFacts => ({
  customSchemas: {},
  orgUnitPath: '/',
  isAdmin: false,
  groups: new Set(),
  ...some,
});

const give = (source: RuleSource, role: string, some: Partial<RoleFacts>) =>
  rolesOf([{ id: 1, source, role }], facts(some), []);

const LEVEL = {
  User_Level: {
    Team_Lead: true,
    Senior: false,
    Grade: '6',
    Points: 7,
    Languages: [{ type: 'work', value: 'en' }, { type: 'work', value: 'is' }, { value: 'en' }],
    Ticks: [{ value: false }, { value: true }],
    Motto: 'two words',
    Nothing: '',
  },
};
const of = (schema: object) => ({ customSchemas: schema as RoleFacts['customSchemas'] });

describe('a rule gives its role', () => {
  const cases: [what: string, RuleSource, string, Partial<RoleFacts>, string[]][] = [
    [
      'for a ticked field',
      { kind: 'field', schema: 'User_Level', field: 'Team_Lead' },
      'lead',
      of(LEVEL),
      ['lead'],
    ],
    [
      'not for one that is not ticked',
      { kind: 'field', schema: 'User_Level', field: 'Senior' },
      'senior',
      of(LEVEL),
      [],
    ],
    [
      'not for one that is not there',
      { kind: 'field', schema: 'User_Level', field: 'Junior' },
      'junior',
      of(LEVEL),
      [],
    ],
    [
      'for a field ticked among several values',
      { kind: 'field', schema: 'User_Level', field: 'Ticks' },
      'ticked',
      of(LEVEL),
      ['ticked'],
    ],
    [
      'not for the text "true"',
      { kind: 'field', schema: 'A', field: 'B' },
      'b',
      of({ A: { B: 'true' } }),
      [],
    ],
    [
      'not for what every object has',
      { kind: 'field', schema: 'constructor', field: 'name' },
      'x',
      {},
      [],
    ],
    [
      'for each ticked field, by its name',
      { kind: 'fields', schema: 'PM_Teams' },
      'team:{field}',
      of({ PM_Teams: { team_name1: true, b: false, c: true } }),
      ['team:c', 'team:team_name1'],
    ],
    [
      'for a value',
      { kind: 'value', schema: 'User_Level', field: 'Grade' },
      'grade:{value}',
      of(LEVEL),
      ['grade:6'],
    ],
    [
      'for a number',
      { kind: 'value', schema: 'User_Level', field: 'Points' },
      'points.{value}',
      of(LEVEL),
      ['points.7'],
    ],
    [
      'for each of several values, once',
      { kind: 'value', schema: 'User_Level', field: 'Languages' },
      'speaks:{value}',
      of(LEVEL),
      ['speaks:en', 'speaks:is'],
    ],
    [
      'not for an empty value',
      { kind: 'value', schema: 'User_Level', field: 'Nothing' },
      '{value}',
      of(LEVEL),
      [],
    ],
    [
      'in an org unit',
      { kind: 'org-unit', path: '/Engineering' },
      'engineer',
      { orgUnitPath: '/Engineering' },
      ['engineer'],
    ],
    [
      'below an org unit',
      { kind: 'org-unit', path: '/Engineering' },
      'engineer',
      { orgUnitPath: '/Engineering/Backend' },
      ['engineer'],
    ],
    [
      'not in one that begins alike',
      { kind: 'org-unit', path: '/Engineering' },
      'engineer',
      { orgUnitPath: '/Engineering2' },
      [],
    ],
    [
      'everywhere below the root',
      { kind: 'org-unit', path: '/' },
      'all',
      { orgUnitPath: '/Sales' },
      ['all'],
    ],
    [
      'to members of a group',
      { kind: 'group', group: 'a@example.test' },
      'a',
      { groups: new Set(['a@example.test']) },
      ['a'],
    ],
    [
      'to nobody else',
      { kind: 'group', group: 'a@example.test' },
      'a',
      { groups: new Set(['b@example.test']) },
      [],
    ],
    ['to super admins', { kind: 'super-admin' }, 'root', { isAdmin: true }, ['root']],
    ['to no other', { kind: 'super-admin' }, 'root', {}, []],
    ['to everyone', { kind: 'everyone' }, 'member', {}, ['member']],
  ];
  test.each(cases)('%s', (_, source, role, some, expected) => {
    expect(give(source, role, some)).toEqual(expected);
  });
});

test('a name that does not fit is reported as it is, and gives nothing', () => {
  const rules: Rule[] = [
    { id: 1, source: { kind: 'fields', schema: 'PM_Teams' }, role: 'team:{field}' },
    { id: 2, source: { kind: 'value', schema: 'User_Level', field: 'Motto' }, role: '{value}' },
  ];
  const person = facts(
    of({ ...LEVEL, PM_Teams: { Köln: true, 'a b': true, ['x'.repeat(60)]: true } }),
  );
  expect(rolesOf(rules, person, [])).toEqual([]);
  expect(
    evaluate(rules, person).misfits.map(({ ruleId, name, because }) => [ruleId, name, because.at]),
  ).toEqual([
    [1, 'team:Köln', 'PM_Teams.Köln'],
    [1, 'team:a b', 'PM_Teams.a b'],
    [1, `team:${'x'.repeat(60)}`, `PM_Teams.${'x'.repeat(60)}`],
    [2, 'two words', 'User_Level.Motto'],
  ]);
});

test('a template is filled in to the letter: a value is no pattern, and no template', () => {
  const source: RuleSource = { kind: 'value', schema: 'A', field: 'B' };
  const rule = { id: 1, source, role: 'x:{value}' };
  for (const value of ['$&', '$1', '{value}', '{field}', '$`'])
    expect(evaluate([rule], facts(of({ A: { B: value } }))).misfits[0]?.name).toBe(`x:${value}`);
});

describe('what was decided by hand', () => {
  const everyone: Rule = { id: 1, source: { kind: 'everyone' }, role: 'member' };
  const by = (...byHand: ByHand[]) => rolesOf([everyone], facts(), byHand);
  test('adds', () =>
    expect(by({ role: 'rollcall:admin', kind: 'added' })).toEqual(['member', 'rollcall:admin']));
  test('excepts, whatever rules say', () =>
    expect(by({ role: 'member', kind: 'excepted' })).toEqual([]));
  test('adds no name that does not fit', () =>
    expect(by({ role: 'a b', kind: 'added' })).toEqual(['member']));
});

describe('a rule’s role', () => {
  test.each<[RuleSource, string, RegExp | null]>([
    [{ kind: 'everyone' }, 'member', null],
    [{ kind: 'everyone' }, 'Team.Lead_1:a-b', null],
    [{ kind: 'fields', schema: 'A' }, 'team:{field}', null],
    [{ kind: 'fields', schema: 'A' }, '{field}', null],
    [{ kind: 'fields', schema: 'A' }, 'team', /\{field\} once/],
    [{ kind: 'fields', schema: 'A' }, '{field}{field}', /once/],
    [{ kind: 'value', schema: 'A', field: 'B' }, '{field}', /\{value\} once/],
    [{ kind: 'everyone' }, '{field}', /letters/],
    [{ kind: 'everyone' }, '', /letters/],
    [{ kind: 'everyone' }, 'a b', /letters/],
    [{ kind: 'everyone' }, 'x'.repeat(65), /letters/],
    [{ kind: 'everyone' }, 'rollcall:admin', /rollcall:/],
    [{ kind: 'fields', schema: 'A' }, 'rollcall:{field}', /rollcall:/],
    [{ kind: 'fields', schema: 'A' }, 'ROLLCALL:{field}', /rollcall:/],
  ])('of %o called %j', (source, role, problem) => {
    if (problem === null) expect(roleProblem({ source, role })).toBeNull();
    else expect(roleProblem({ source, role })).toMatch(problem);
  });

  test('what is parsed is tidied', () => {
    expect(ruleSource.parse({ kind: 'org-unit', path: '/Sales/' })).toEqual({
      kind: 'org-unit',
      path: '/Sales',
    });
    expect(ruleSource.parse({ kind: 'group', group: ' Sales@Example.test ' })).toEqual({
      kind: 'group',
      group: 'sales@example.test',
    });
    for (const bad of [
      { kind: 'org-unit', path: 'Sales' },
      { kind: 'org-unit', path: '/a//b' },
      { kind: 'group', group: 'a/b@example.test' },
      { kind: 'group', group: '../users' },
      { kind: 'group', group: '' },
      { kind: 'field', schema: '', field: 'a' },
      { kind: 'nonsense' },
      null,
    ])
      expect(ruleSource.safeParse(bad).success).toBe(false);
  });
});

// Names of which most fit, some do not, and some ask for power here.
const names = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'Team_1',
    'rollcall:admin',
    'two words',
    'Köln',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 8 }),
);
const sources: fc.Arbitrary<RuleSource> = fc.oneof(
  fc.record({ kind: fc.constant('field' as const), schema: names, field: names }),
  fc.record({ kind: fc.constant('fields' as const), schema: names }),
  fc.record({ kind: fc.constant('value' as const), schema: names, field: names }),
  fc.record({ kind: fc.constant('org-unit' as const), path: fc.constantFrom('/', '/a', '/a/b') }),
  fc.record({
    kind: fc.constant('group' as const),
    group: fc.constantFrom('g@x.test', 'h@x.test'),
  }),
  fc.constant({ kind: 'super-admin' as const }),
  fc.constant({ kind: 'everyone' as const }),
);
const templates = fc.oneof(
  names,
  fc.constantFrom('{field}', '{value}', 't:{field}', 't:{value}', 'rollcall{value}', 'r{field}'),
);
const rules: fc.Arbitrary<Rule[]> = fc
  .array(fc.record({ source: sources, role: templates }), { maxLength: 8 })
  .map((list) => list.map((rule, i) => ({ id: i + 1, ...rule })));
const values = fc.oneof(
  fc.boolean(),
  names,
  fc.integer(),
  fc.constant(null),
  fc.array(fc.record({ value: fc.oneof(names, fc.boolean()) }), { maxLength: 3 }),
);
const people: fc.Arbitrary<RoleFacts> = fc.record({
  customSchemas: fc.dictionary(names, fc.dictionary(names, values, { maxKeys: 4 }), { maxKeys: 4 }),
  orgUnitPath: fc.constantFrom('/', '/a', '/a/b', '/ab'),
  isAdmin: fc.boolean(),
  groups: fc.subarray(['g@x.test', 'h@x.test']).map((list) => new Set(list)),
});
const byHand = fc.uniqueArray(
  fc.record({ role: names, kind: fc.constantFrom('added' as const, 'excepted' as const) }),
  { selector: ({ role }) => role, maxLength: 4 },
);

describe('for all rules and people', () => {
  test('the same person and rules give the same roles, in whatever order the rules stand', () => {
    fc.assert(
      fc.property(rules, people, byHand, (list, person, hand) => {
        const roles = rolesOf(list, person, hand);
        expect(rolesOf(list.toReversed(), structuredClone(person), hand.toReversed())).toEqual(
          roles,
        );
        expect(roles).toEqual([...new Set(roles)].toSorted());
      }),
    );
  });

  test('a rule’s removal removes exactly its roles: those that no other rule and nobody by hand gives', () => {
    fc.assert(
      fc.property(rules, people, byHand, fc.nat(), (list, person, hand, at) => {
        const gone = list[at % Math.max(1, list.length)];
        if (gone === undefined) return;
        const others = list.filter(({ id }) => id !== gone.id);
        const before = rolesOf(list, person, hand);
        const kept = new Set([
          ...evaluate(others, person).grants.map(({ role }) => role),
          ...hand.filter(({ kind }) => kind === 'added').map(({ role }) => role),
        ]);
        expect(rolesOf(others, person, hand)).toEqual(before.filter((role) => kept.has(role)));
      }),
    );
  });

  test('security 6: rollcall:* can’t be had by rule, whatever a field, a value or a template is called', () => {
    fc.assert(
      fc.property(rules, people, (list, person) => {
        for (const role of rolesOf(list, person, [])) {
          expect(role).toMatch(/^[A-Za-z0-9:_.-]{1,64}$/);
          expect(role.toLowerCase().startsWith('rollcall:')).toBe(false);
        }
      }),
    );
  });

  test('each role that rules give has a reason, and each reason gives its role', () => {
    fc.assert(
      fc.property(rules, people, (list, person) => {
        const given = new Set(evaluate(list, person).grants.map(({ role }) => role));
        expect([...given].toSorted()).toEqual(rolesOf(list, person, []));
      }),
    );
  });
});
