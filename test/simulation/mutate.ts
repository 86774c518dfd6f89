// Puts a mutant in place of the product, in memory: modules are altered as they are loaded, migrations as they are
// read. To be called before anything of the product is imported, in a process of its own.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Edit, MUTANTS } from './mutants.ts';

const ROOT = new URL('../../', import.meta.url).href;

/** @throws where the text does not occur exactly once: a mutant must not quietly become no mutant */
function edited(text: string, { file, from, to }: Edit): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = text.split(from).length - 1;
    throw new Error(`${file} has ${times} times, and not once: ${from}`);
  }
  return before + to + after;
}

function apply(edits: readonly Edit[], file: string, text: string): string {
  return edits.filter((edit) => edit.file === file).reduce(edited, text);
}

/**
 * Every import of the product from here on gets the mutant.
 *
 * @returns what to do to a migration's text
 */
export function installMutant(name: string): (file: string, text: string) => string {
  const mutant = MUTANTS[name];
  if (mutant === undefined) throw new Error(`no mutant of the name: ${name}`);
  const { edits } = mutant;
  for (const edit of edits) {
    // Found out now, whether or not the file is ever loaded.
    const text = readFileSync(fileURLToPath(new URL(edit.file, ROOT).href), 'utf8');
    apply(edits, edit.file, text);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const file = url.startsWith(ROOT) ? url.slice(ROOT.length) : '';
      if (!edits.some((edit) => edit.file === file)) return nextLoad(url, context);
      const text = apply(edits, file, readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module', shortCircuit: true, source: stripTypeScriptTypes(text) };
    },
  });
  return (file, text) => apply(edits, file, text);
}
