// What the commands have in common: how they take their options, and how they end.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { complain } from './printable.ts';
import { Stop } from './wrangler.ts';

/**
 * The options that were typed.
 * @throws Stop with the usage where one is strange: the parser's words repeat it, and it may be a secret
 */
export function optionsOf<T extends NonNullable<ParseArgsConfig['options']>>(
  options: T,
  usage: string,
) {
  try {
    return parseArgs({ options }).values;
  } catch {
    throw new Stop(usage);
  }
}

/**
 * Runs a command, and prints what ended it.
 *
 * @param codeOfFailure the exit code where it could not do what it is for
 */
export async function run(main: () => Promise<void>, codeOfFailure = 1): Promise<void> {
  try {
    await main();
  } catch (error) {
    // Of any other error the words may hold what was read.
    const name = error instanceof Error ? ` (${error.name})` : '';
    complain(error instanceof Stop ? error.message : `The command itself failed${name}.`);
    process.exitCode = codeOfFailure;
  }
}
