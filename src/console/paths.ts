// Where the console's forms lead.
import { CONSOLE_PATH } from '../page/operator-nav.ts';

export const HELD_PATH = `${CONSOLE_PATH}/held-removals`;
export const REPLAY_PATH = `${CONSOLE_PATH}/dead-letters/replay`;
export const PASSES_PATH = `${CONSOLE_PATH}/passes`;
