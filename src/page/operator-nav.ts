// Where the operators' pages are, for the navigation of all of them.
import type { NavItem } from './operator-page.tsx';

export const CONSOLE_PATH = '/console';
export const SETUP_PATH = '/setup';
export const MARKETPLACE_PATH = '/setup/marketplace';

const CONSOLE: readonly NavItem[] = [
  { href: CONSOLE_PATH, label: 'Overview' },
  { href: `${CONSOLE_PATH}/people`, label: 'People' },
  { href: `${CONSOLE_PATH}/roles`, label: 'Roles' },
  { href: `${CONSOLE_PATH}/activity`, label: 'Activity' },
  { href: `${CONSOLE_PATH}/passes`, label: 'Passes' },
  { href: `${CONSOLE_PATH}/channels`, label: 'Channels' },
  { href: `${CONSOLE_PATH}/dead-letters`, label: 'Dead letters' },
  { href: `${CONSOLE_PATH}/tokens`, label: 'API tokens' },
];
const SETUP: readonly NavItem[] = [
  { href: SETUP_PATH, label: 'Set-up' },
  { href: MARKETPLACE_PATH, label: 'Marketplace kit' },
];

/** What an operator may open. The set-up concerns the whole deployment: not everybody's. */
export function navOf({
  mayOpenConsole,
  mayOpenSetup,
}: {
  mayOpenConsole: boolean;
  mayOpenSetup: boolean;
}): NavItem[] {
  return [...(mayOpenConsole ? CONSOLE : []), ...(mayOpenSetup ? SETUP : [])];
}
