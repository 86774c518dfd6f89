// Which fields of a custom schema are roles by the rule that ROLES_SCHEMA makes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../src/roles/evaluate.ts';
import { seedRule } from '../../src/roles/rule.ts';

const rolesFromSchema = (customSchemas: Record<string, unknown>, schema: string) =>
  rolesOf(
    [{ id: 1, ...seedRule(schema) }],
    { customSchemas, orgUnitPath: '/', isAdmin: false, groups: new Set() },
    [],
  );

const roles = (fields: Record<string, unknown>) => rolesFromSchema({ Roles: fields }, 'Roles');

describe('roles from a custom schema', () => {
  test('are its true fields, in order', () => {
    expect(roles({ Viewer: true, Editor: true, Billing: false })).toEqual(['Editor', 'Viewer']);
  });

  test.each([
    ['the text "true"', 'true'],
    ['the number 1', 1],
    ['a multi-valued field', [{ type: 'work', value: true }]],
    ['an object', { value: true }],
    ['null', null],
  ])('do not count %s as true', (_, value) => {
    expect(roles({ Editor: value })).toEqual([]);
  });

  test.each([
    'rollcall:admin',
    'Rollcall:admin',
    'ROLLCALL:ADMIN',
    'rollcall:',
    'rollcall:anything-of-tomorrow',
  ])('never hold power inside this deployment: %s', (name) => {
    expect(roles({ [name]: true, Editor: true })).toEqual(['Editor']);
  });

  test('never begin with rollcall:, whatever the field is called', () => {
    const names = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.string().map((tail) => `rollcall:${tail}`),
      fc.string().map((tail) => `\u0000rollcall:${tail}`),
      fc.string().map((tail) => ` rollcall:${tail}`),
      fc.string().map((tail) => `ｒollcall:${tail}`),
      fc.string().map((tail) => `ro\u200Bllcall:${tail}`),
    );
    fc.assert(
      fc.property(fc.array(names), (fields) => {
        const found = roles(Object.fromEntries(fields.map((name) => [name, true])));
        for (const role of found) {
          expect(role).toMatch(/^[A-Za-z0-9:_.-]{1,64}$/);
          expect(role.toLowerCase().startsWith('rollcall:')).toBe(false);
        }
      }),
    );
  });

  test.each(['', 'two words', 'a'.repeat(65), 'Rôle', 'role\n', 'role\u0000', '<b>'])(
    'leave out a name that is no role: %j',
    (name) => {
      expect(roles({ [name]: true })).toEqual([]);
    },
  );

  test('come from the configured schema alone', () => {
    const schemas = { Roles: { Editor: true }, Access: { Approver: true } };

    expect(rolesFromSchema(schemas, 'Access')).toEqual(['Approver']);
    expect(rolesFromSchema(schemas, 'access')).toEqual([]);
    expect(rolesFromSchema({}, 'Roles')).toEqual([]);
  });

  test.each([null, 'Editor', ['Editor'], 7, true])('are none where the schema is %j', (schema) => {
    expect(rolesFromSchema({ Roles: schema }, 'Roles')).toEqual([]);
  });

  test('are not inherited from what every object has', () => {
    const fields = JSON.parse('{"__proto__":{"Editor":true},"Viewer":true}');

    expect(roles(fields)).toEqual(['Viewer']);
    expect(rolesFromSchema({}, '__proto__')).toEqual([]);
    expect(rolesFromSchema({}, 'constructor')).toEqual([]);
  });
});
