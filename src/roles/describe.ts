// A rule in words, for pages and for the API. Pure. What somebody named at Google stands in it as they spelled it.
import type { RuleSource } from './rule.ts';

/**
 * What decides, as it stands behind `Rule 3:`, in the list of rules and in the API: `the field User_Level.Team_Lead is ticked`,
 * `member of the group x@example.com`. It holds names of Google's, so pages show it as text inside <bdi>.
 */
export function describeSource(source: RuleSource): string {
  switch (source.kind) {
    case 'field':
      return `the field ${source.schema}.${source.field} is ticked`;
    case 'fields':
      return `each ticked field of ${source.schema}`;
    case 'value':
      return `each value of the field ${source.schema}.${source.field}`;
    case 'org-unit':
      return source.path === '/' ? 'in any org unit' : `in the org unit ${source.path} or below it`;
    case 'group':
      return `member of the group ${source.group}`;
    case 'super-admin':
      return 'super admin of the Workspace';
    case 'everyone':
      return 'everyone';
    default:
      return source satisfies never;
  }
}
