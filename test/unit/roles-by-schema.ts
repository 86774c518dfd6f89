// The roles that the rule of ROLES_SCHEMA gives, and no other.

import { bookOf } from '../../src/roles/book.ts';
import { seedRule } from '../../src/roles/rule.ts';
import type { RolesFor } from '../../src/sync/observation.ts';

export const rolesBySchema = (schema: string): RolesFor =>
  bookOf({
    version: 1,
    rules: [{ id: 1, ...seedRule(schema) }],
    byHand: new Map(),
    groups: new Map(),
    groupsOfEverybody: [],
  }).rolesFor;
