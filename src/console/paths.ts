// Where the console's pages are, and where its forms lead.
import { CONSOLE_PATH } from '../page/operator-nav.ts';

export const HELD_PATH = `${CONSOLE_PATH}/held-removals`;
export const DEAD_LETTERS_PATH = `${CONSOLE_PATH}/dead-letters`;
export const REPLAY_PATH = `${DEAD_LETTERS_PATH}/replay`;
export const PASSES_PATH = `${CONSOLE_PATH}/passes`;
export const DRY_RUN_PATH = `${PASSES_PATH}/dry-run`;
export const CHANNELS_PATH = `${CONSOLE_PATH}/channels`;
export const PEOPLE_PATH = `${CONSOLE_PATH}/people`;
export const ROLES_PATH = `${CONSOLE_PATH}/roles`;
export const RULE_PATH = `${ROLES_PATH}/rule`;
export const PREVIEW_PATH = `${ROLES_PATH}/preview`;
export const SAVE_RULE_PATH = `${ROLES_PATH}/save`;
export const ACTIVITY_PATH = `${CONSOLE_PATH}/activity`;
export const ACTIVITY_CSV_PATH = `${CONSOLE_PATH}/activity.csv`;
export const TOKENS_PATH = `${CONSOLE_PATH}/tokens`;
export const REVOKE_PATH = `${TOKENS_PATH}/revoke`;

/** The page of one person; an id is digits, so nothing in it needs escaping. */
export const personPath = (id: string) => `${PEOPLE_PATH}/${encodeURIComponent(id)}`;
export const lookPath = (id: string) => `${personPath(id)}/look`;
export const endSessionsPath = (id: string) => `${personPath(id)}/sessions/end`;
export const personRolesPath = (id: string) => `${personPath(id)}/roles`;
