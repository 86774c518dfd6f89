// How somebody stands, as a tag: in, or out and in which way.
import type { UserStatus } from '../../db/schema.ts';

const LOOKS: Readonly<Record<UserStatus, readonly [look: string, words: string]>> = {
  active: ['good', 'Active'],
  suspended: ['wait', 'Suspended'],
  archived: ['wait', 'Archived'],
  deleted: ['bad', 'Deleted'],
};

export function StatusTag({ status }: { status: UserStatus }) {
  const [look, words] = LOOKS[status];
  return <span class={`tag ${look}`}>{words}</span>;
}
