// Where the operators' pages are, for the navigation of all of them.
import type { NavItem } from './operator-page.tsx';

export const CONSOLE_PATH = '/console';
export const SETUP_PATH = '/setup';
export const MARKETPLACE_PATH = '/setup/marketplace';

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
  return [
    ...(mayOpenConsole ? [{ href: CONSOLE_PATH, label: 'Overview' }] : []),
    ...(mayOpenSetup ? SETUP : []),
  ];
}
