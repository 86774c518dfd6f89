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

/** A handful of people are to a simulated company what some thousand are to a real one. */
const SCALED: readonly Edit[] = [
  { file: 'src/db/role-recomputes.ts', from: 'const PAGE = 500;', to: 'const PAGE = 2;' },
  {
    file: 'src/db/role-recomputes.ts',
    from: 'MOST_IN_SCOPE = 5_000;',
    to: 'MOST_IN_SCOPE = 2;',
  },
  { file: 'src/roles/groups.ts', from: 'PAGES_AT_ONCE = 100;', to: 'PAGES_AT_ONCE = 2;' },
];

function editsOf(name: string | undefined): readonly Edit[] {
  if (name === undefined) return SCALED;
  const mutant = MUTANTS[name];
  if (mutant === undefined) throw new Error(`no mutant of the name: ${name}`);
  return [...SCALED, ...mutant.edits];
}

/**
 * Every import of the product from here on is of one with smaller pages, and gets the mutant if there is one.
 *
 * @returns what to do to a migration's text
 */
export function installEdits(mutant: string | undefined): (file: string, text: string) => string {
  const edits = editsOf(mutant);
  // Found out now, whether or not the file is ever loaded.
  for (const { file } of edits)
    apply(edits, file, readFileSync(fileURLToPath(new URL(file, ROOT).href), 'utf8'));
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
