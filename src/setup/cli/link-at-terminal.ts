// Prints the set-up link, to a terminal only: in a pipe or a build's log it would lie around for its whole hour.
import { makeSetupLink } from '../link.ts';
import { isTerminal } from './terminal.ts';
import { Stop } from './wrangler.ts';

/** @throws Stop where standard output is no terminal; no option changes that */
export async function printSetupLink(appSecret: string, publicUrl: string): Promise<void> {
  if (!isTerminal())
    throw new Stop('The set-up link is printed to a terminal only. Run npm run setup-link in one.');
  const link = await makeSetupLink({ appSecret, origin: new URL(publicUrl).origin }, Date.now());
  process.stdout.write(
    `\nSet it up here. The link is good for an hour, once, and for whoever holds it:\n\n  ${link.href}\n\n`,
  );
}
