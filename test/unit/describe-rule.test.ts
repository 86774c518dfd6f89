// Rules in words: each kind says what decides, with Google's names as they are spelled.
import { expect, test } from 'vitest';
import { describeSource } from '../../src/roles/describe.ts';
import type { RuleSource } from '../../src/roles/rule.ts';

test.each<[RuleSource, string]>([
  [
    { kind: 'field', schema: 'User_Level', field: 'Team_Lead' },
    'the field User_Level.Team_Lead is ticked',
  ],
  [{ kind: 'fields', schema: 'PM_Teams' }, 'each ticked field of PM_Teams'],
  [{ kind: 'value', schema: 'S', field: 'Köln <b>' }, 'each value of the field S.Köln <b>'],
  [{ kind: 'org-unit', path: '/Engineering' }, 'in the org unit /Engineering or below it'],
  [{ kind: 'org-unit', path: '/' }, 'in any org unit'],
  [{ kind: 'group', group: 'x@y.example' }, 'member of the group x@y.example'],
  [{ kind: 'super-admin' }, 'super admin of the Workspace'],
  [{ kind: 'everyone' }, 'everyone'],
])('%j', (source, words) => {
  expect(describeSource(source)).toBe(words);
});
