// The page at /console/dead-letters: every hint that could not be answered, those that wait and those that were replayed.
import type { DeadLetterRecord } from '../../db/dead-letters.ts';
import { LettersInFull } from '../components/dead-letters.tsx';
import { DEAD_LETTERS_PATH } from '../paths.ts';

export type LetterKind = 'open' | 'replayed';

interface DeadLettersView {
  kind: LetterKind;
  letters: readonly DeadLetterRecord[];
  /** The address of the next page; `null` = there is none. */
  next: string | null;
  isFirst: boolean;
  /** Whether this directory’s Google can be asked from here. */
  mayAct: boolean;
}

const PATHS = { open: DEAD_LETTERS_PATH, replayed: `${DEAD_LETTERS_PATH}?of=replayed` } as const;
const NOTHING = {
  open: 'No letter waits: every hint was answered.',
  replayed: 'None was replayed.',
} as const;

/** What stands in <main>. */
export function DeadLettersPage({ kind, letters, next, isFirst, mayAct }: DeadLettersView) {
  return (
    <>
      <header class="page">
        <div>
          <h1>Dead letters</h1>
          <p class="lead">
            Hints that somebody is to be looked at, which could not be answered. Nothing is lost by
            them: a pass finds what they were about.
          </p>
        </div>
      </header>
      <nav class="tabs" aria-label="Which letters">
        <a href={PATHS.open} aria-current={kind === 'open' ? 'page' : undefined}>
          Waiting
        </a>
        <a href={PATHS.replayed} aria-current={kind === 'replayed' ? 'page' : undefined}>
          Replayed
        </a>
      </nav>
      <section class="flow" aria-labelledby="letters">
        <h2 id="letters" class="unseen">
          {kind === 'open' ? 'Letters that wait' : 'Letters that were replayed'}
        </h2>
        {!isFirst && (
          <p>
            <a href={PATHS[kind]}>Back to the latest</a>
          </p>
        )}
        {letters.length > 0 && <LettersInFull letters={letters} mayAct={mayAct} />}
        {letters.length === 0 && next === null && (
          <p class="nothing">{isFirst ? NOTHING[kind] : 'There are no earlier ones.'}</p>
        )}
        {next !== null && (
          <p class="actions">
            <a class="button" href={next}>
              {letters.length === 0 ? 'Look further back' : 'Earlier'}
            </a>
            {letters.length === 0 && (
              <span class="quiet">
                None among the last 2,000 letters that were looked through. There are earlier ones.
              </span>
            )}
          </p>
        )}
      </section>
    </>
  );
}
