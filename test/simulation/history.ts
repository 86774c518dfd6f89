// A history: a seed, and what happens in order. Every command means something at any moment, so that a shorter
// history is a history too; each brings a salt of its own, so that leaving one out hardly moves the others.
import * as fc from 'fast-check';
import { DEEDS } from './people.ts';
import { ROLE_KINDS } from './role-commands.ts';

/** What the surroundings may do besides the people. */
export const TROUBLES = [
  'crash',
  'deploy',
  'cron',
  'forge',
  'channelsDie',
  'getLag',
  'listLag',
  'failing',
  'oddList',
  'newUsersLate',
  'cutBodies',
  'queueRefuses',
  'databaseFails',
  'kvFails',
  'pushes',
  'calm',
] as const;

export const VISITS = ['signIn', 'visit', 'careless', 'approve', 'reject'] as const;
export const WAITS = ['moment', 'seconds', 'minute', 'minutes'] as const;

export const KINDS = [...DEEDS, ...TROUBLES, ...VISITS, ...WAITS, ...ROLE_KINDS] as const;
export type Kind = (typeof KINDS)[number];

export interface Command {
  kind: Kind;
  who: number;
  salt: number;
}

export interface History {
  seed: number;
  commands: Command[];
}

const SALT = 0x7fffffff;

export const WORLDS = ['general', 'there-and-back', 'pushes-alone', 'held', 'roles'] as const;
export type WorldName = (typeof WORLDS)[number];

const of = (kinds: readonly Kind[], weight: number) => ({
  weight,
  arbitrary: fc.constantFrom(...kinds),
});

const kindIn: Record<WorldName, fc.Arbitrary<Kind>> = {
  general: fc.oneof(
    of(DEEDS, 10),
    of(['remove', 'suspend', 'unsuspend', 'undelete'], 4),
    of(TROUBLES, 6),
    of(VISITS, 3),
    of(WAITS, 7),
  ),
  'there-and-back': fc.oneof(
    of(['suspend', 'unsuspend'], 5),
    of(['forge'], 6),
    of(['cron'], 2),
    of(['crash'], 1),
    of(['moment', 'minute'], 4),
  ),
  held: fc.oneof(
    of(['remove', 'undelete', 'add'], 6),
    of(['approve', 'reject'], 3),
    of(['getLag', 'listLag', 'crash', 'queueRefuses'], 2),
    of(WAITS, 4),
  ),
  roles: fc.oneof(
    of(['addRule', 'addRule', 'replaceRule', 'removeRule', 'byHand', 'byHand'], 8),
    of(['membership', 'membership', 'membership', 'groupGone'], 6),
    of(['teams', 'level', 'orgUnit', 'role', 'makeAdmin'], 5),
    of(['suspend', 'unsuspend', 'remove', 'undelete', 'add', 'rename'], 3),
    of(['signIn'], 4),
    of(['forge', 'forge', 'nudge'], 5),
    of(['crash', 'cron', 'queueRefuses', 'databaseFails', 'membersFail'], 4),
    of(['deploy', 'getLag', 'listLag', 'failing', 'cutBodies', 'pushes', 'calm'], 2),
    of(WAITS, 6),
  ),
  'pushes-alone': fc.oneof(
    of(['suspend', 'title', 'makeAdmin', 'remove', 'role', 'add'], 3),
    of(['crash', 'queueRefuses'], 1),
    of(['moment', 'seconds', 'minute'], 3),
  ),
};

const LENGTH: Record<WorldName, { minLength: number; maxLength: number }> = {
  general: { minLength: 6, maxLength: 32 },
  'there-and-back': { minLength: 6, maxLength: 24 },
  held: { minLength: 6, maxLength: 20 },
  roles: { minLength: 6, maxLength: 24 },
  'pushes-alone': { minLength: 1, maxLength: 8 },
};

/** How those about roles begin: in half of them a pass has read a group that a rule names, before anything else happens. */
const FIRST: readonly (readonly Kind[])[] = [[], ['groupRule', 'cron', 'minute']];

/** Histories of one world. */
export function histories(world: WorldName): fc.Arbitrary<History> {
  const command = fc.record({
    kind: kindIn[world],
    who: fc.nat(5),
    salt: fc.noShrink(fc.nat(SALT)),
  });
  const drawn = fc.record({
    seed: fc.noShrink(fc.nat(SALT)),
    commands: fc.array(command, { ...LENGTH[world], size: 'max' }),
  });
  if (world !== 'roles') return drawn;
  return fc.tuple(drawn, fc.constantFrom(...FIRST)).map(([{ seed, commands }, first]) => {
    const before = first.map((kind, i) => ({ kind, who: i, salt: (seed ^ (i * 7_919)) & SALT }));
    return { seed, commands: [...before, ...commands] };
  });
}
