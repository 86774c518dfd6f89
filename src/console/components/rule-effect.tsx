// What a rule does and where it is broken, in words: beside each rule, and above a preview.
import type { GroupState } from '../../db/groups.ts';
import type { RuleEffect } from '../../roles/preview.ts';
import { TITLES } from '../../setup/finding.ts';

/** What is wrong with a group that a rule names, or not done yet; `null` = nothing. */
function groupProblem(group: string, { problem, readMs, isReading }: GroupState): string | null {
  if (problem === 'notFound')
    return `There is no group ${group} at Google. The rule is broken, and changes nobody${readMs === null ? '' : ': who was in it keeps the role'}.`;
  if (problem !== null)
    return `Google does not say who is in ${group} (${problem}). The set-up’s check “${TITLES.groups}” says what is missing.${readMs === null ? ' Until then the rule changes nobody.' : ' Until then those keep the role who were in it.'}`;
  if (readMs === null)
    return isReading
      ? `${group} is being read, over several passes; until then the rule changes nobody.`
      : `${group} has not been read yet: the next pass does.`;
  return null;
}

/**
 * What somebody who reads the rule should know; empty = nothing odd.
 *
 * @param people living people of the directory
 */
export function notesOn(
  { rule, people: matched, misfits, schema }: RuleEffect,
  people: number,
  groups: readonly GroupState[],
): string[] {
  const notes: string[] = [];
  const { source } = rule;
  if (source.kind === 'group') {
    const state = groups.find(({ groupKey }) => groupKey === source.group);
    const problem =
      state === undefined
        ? `${source.group} has not been read yet.`
        : groupProblem(source.group, state);
    if (problem !== null) notes.push(problem);
  }
  if ('schema' in source && schema === 'no-schema')
    notes.push(
      `Nobody has the custom schema ${source.schema}: the rule is broken, or no value of it is set.`,
    );
  if ('field' in source && schema === 'no-field')
    notes.push(
      `Nobody has the field ${source.field} of ${source.schema}: the rule is broken, or it is set nowhere.`,
    );
  for (const { name, at, people: found } of misfits)
    notes.push(
      `${at} would give “${name}”, which is no role’s name: ${found} ${found === 1 ? 'person has' : 'people have'} none by it.`,
    );
  if (people > 0 && matched === 0 && notes.length === 0) notes.push('It gives nobody a role.');
  if (people > 1 && matched === people && source.kind !== 'everyone')
    notes.push('It gives everybody a role.');
  return notes;
}

export function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="notes">
      {notes.map((note) => (
        <li>
          <bdi>{note}</bdi>
        </li>
      ))}
    </ul>
  );
}
