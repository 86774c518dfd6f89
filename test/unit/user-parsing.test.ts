// Google's user resource → DirectoryUser: what decides who may come in is never guessed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GoogleApiError } from '../../src/google/errors.ts';
import { parseDirectoryUser } from '../../src/google/user.ts';

const ID = '108204816326412800001';

/** An active person as Google answers; `undefined` leaves a field out. */
function aWireUser(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const user = {
    id: ID,
    customerId: 'C0rollcall1',
    primaryEmail: 'ana@example.test',
    name: { givenName: 'Ana', familyName: 'New', fullName: 'Ana New' },
    suspended: false,
    archived: false,
    isAdmin: false,
    isDelegatedAdmin: false,
    orgUnitPath: '/Sales',
    ...fields,
  };
  return Object.fromEntries(Object.entries(user).filter(([, value]) => value !== undefined));
}

function refusalOf(wire: unknown): GoogleApiError {
  try {
    parseDirectoryUser(wire);
  } catch (error) {
    if (error instanceof GoogleApiError) return error;
    throw error;
  }
  throw new Error('it was parsed');
}

describe("Google's word: an answer without a boolean suspended is an error, never active", () => {
  test.each([
    ['absent', undefined],
    ['null', null],
    ['the text "false"', 'false'],
    ['0', 0],
    ['an empty list', []],
    ['an object', {}],
  ])('suspended is %s', (_, suspended) => {
    expect(refusalOf(aWireUser({ suspended }))).toMatchObject({
      code: 'invalid-response',
      retryable: false,
    });
  });

  test('whatever else the answer holds', () => {
    const notBoolean = fc.jsonValue().filter((value) => typeof value !== 'boolean');
    fc.assert(
      fc.property(notBoolean, fc.jsonValue(), (suspended, other) => {
        const archived = other === true ? false : other;
        expect(refusalOf(aWireUser({ suspended, archived })).code).toBe('invalid-response');
      }),
    );
  });
});

describe("Google's word: suspended or archived is kept when the rest is of no use", () => {
  test.each([
    ['no address', { primaryEmail: undefined }],
    ['an address that is none', { primaryEmail: 'ana' }],
    ['an address of another type', { primaryEmail: 7 }],
  ])('%s', (_, odd) => {
    expect(parseDirectoryUser(aWireUser({ ...odd, suspended: true }))).toMatchObject({
      suspended: true,
      profile: null,
    });
    expect(parseDirectoryUser(aWireUser({ ...odd, archived: true }))).toMatchObject({
      archived: true,
      profile: null,
    });
    expect(refusalOf(aWireUser(odd)).code).toBe('invalid-response');
  });

  test('archived without a boolean suspended', () => {
    const user = parseDirectoryUser(aWireUser({ suspended: undefined, archived: true }));

    expect(user).toMatchObject({ suspended: false, archived: true, profile: null });
  });

  test('no answer is ever both of no use and active', () => {
    const value = fc.oneof(fc.jsonValue(), fc.boolean(), fc.constant('ana@example.test'));
    fc.assert(
      fc.property(
        fc.record({ primaryEmail: value, suspended: value, archived: value, name: value }),
        (fields) => {
          try {
            const user = parseDirectoryUser(aWireUser(fields));
            if (user.profile === null) expect(user.suspended || user.archived).toBe(true);
            if (!user.suspended) expect(fields.suspended === false || user.archived).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(GoogleApiError);
          }
        },
      ),
    );
  });
});

describe('an answer about nobody', () => {
  test.each([
    ['null', null],
    ['a list', []],
    ['a text', 'user'],
    ['an empty object', {}],
    ['no id', aWireUser({ id: undefined })],
    ['a numeric id', aWireUser({ id: 108204816326412 })],
    ['an address as id', aWireUser({ id: 'ana@example.test' })],
    ['an id of 31 digits', aWireUser({ id: '1'.repeat(31) })],
    ['no customer', aWireUser({ customerId: undefined })],
    ['an empty customer', aWireUser({ customerId: '' })],
  ])('is an error: %s', (_, wire) => {
    expect(refusalOf(wire)).toMatchObject({ code: 'invalid-response', retryable: false });
  });

  test('is an error even when it says suspended', () => {
    expect(refusalOf(aWireUser({ id: undefined, suspended: true })).code).toBe('invalid-response');
  });
});

describe('a field of an unexpected type', () => {
  test('counts as unset', () => {
    const { profile } = parseDirectoryUser(
      aWireUser({
        name: 'Ana',
        isAdmin: 'true',
        isDelegatedAdmin: 1,
        orgUnitPath: null,
        thumbnailPhotoUrl: {},
        aliases: 'a@example.test',
        phones: { value: '+46' },
        organizations: [null, 'work', ['x'], { title: 'Boss' }],
        customSchemas: [],
      }),
    );

    expect(profile).toMatchObject({
      givenName: '',
      familyName: '',
      fullName: '',
      isAdmin: false,
      isDelegatedAdmin: false,
      orgUnitPath: '/',
      thumbnailPhotoUrl: null,
      aliases: [],
      phones: [],
      organizations: [{ title: 'Boss' }],
      customSchemas: {},
    });
  });

  test('never grants admin', () => {
    const notTrue = fc.jsonValue().filter((value) => value !== true);
    fc.assert(
      fc.property(notTrue, (isAdmin) => {
        const { profile } = parseDirectoryUser(aWireUser({ isAdmin, isDelegatedAdmin: isAdmin }));
        expect(profile).toMatchObject({ isAdmin: false, isDelegatedAdmin: false });
      }),
    );
  });
});

test('a full name that Google leaves out is made from its parts', () => {
  const wire = aWireUser({ name: { givenName: 'Ana', familyName: 'New' } });

  expect(parseDirectoryUser(wire).profile?.fullName).toBe('Ana New');
});
