// What an operator pastes into Google, as this deployment's configuration has it. Nothing of it is a secret.
import type { Config } from '../config.ts';
import { DIRECTORY_SCOPE } from '../google/service-account.ts';
import { CALLBACK_PATH, LOGIN_PATH } from '../sso/paths.ts';
import type { Paste } from './finding.ts';

/** Where the entry of Google's app launcher leads: a sign-in, since Google rejects landing pages. */
export const universalNavigationUrl = (publicUrl: URL): string =>
  new URL(`${LOGIN_PATH}?silent=1&return_to=/`, publicUrl).href;

/** @param reachedAt the origin of the request that asks */
export function valuesToPaste(
  { publicUrl, serviceAccount }: Pick<Config, 'publicUrl' | 'serviceAccount'>,
  reachedAt: string,
): Paste[] {
  const clientId = serviceAccount.clientId ?? 'in the key file, under client_id';
  return [
    { label: 'Domain-wide delegation: client ID', value: clientId },
    { label: 'Domain-wide delegation: OAuth scopes', value: DIRECTORY_SCOPE },
    {
      label: 'OAuth client: authorised redirect URI',
      value: new URL(CALLBACK_PATH, publicUrl).href,
    },
    { label: 'Marketplace: universal navigation URL', value: universalNavigationUrl(publicUrl) },
    { label: 'This page was reached at', value: reachedAt },
  ];
}
