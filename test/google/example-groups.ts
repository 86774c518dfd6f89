// The groups of example.test: a nested one, one with everybody in it, one with a stranger. A group comes after
// those that are in it.
import type { GroupRole } from './groups.ts';
import { at } from './seed-person.ts';

interface SeedGroup {
  email: string;
  name: string;
  members: [key: string, role: GroupRole][];
}

export const EXAMPLE_GROUPS: readonly SeedGroup[] = [
  {
    email: at('platform'),
    name: 'Platform',
    members: [
      [at('liam.oreilly'), 'MANAGER'],
      ['dana@partner-studio.test', 'MEMBER'],
    ],
  },
  {
    email: at('engineering'),
    name: 'Engineering',
    members: [
      [at('noor'), 'OWNER'],
      [at('wei.zhang'), 'MEMBER'],
      [at('oksana.bondar'), 'MEMBER'],
      [at('platform'), 'MEMBER'],
    ],
  },
  { email: at('everyone'), name: 'Everyone', members: [['my_customer', 'MEMBER']] },
];
