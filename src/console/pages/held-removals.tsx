// The page at /console/held-removals: everybody who waits for a word, however many.
import { CONSOLE_PATH } from '../../page/operator-nav.ts';
import type { HeldList } from '../../sync/held-removals.ts';
import { HeldRemovals } from '../components/held-removals.tsx';
import { reasonOf } from '../reasons.ts';

/** What stands in <main>. */
export function HeldRemovalsPage({ list }: { list: HeldList }) {
  return (
    <>
      <header class="page">
        <div>
          <h1>Held removals</h1>
          {list.removals.length > 0 && <p class="lead">{reasonOf('deletions-held').text}</p>}
        </div>
      </header>
      {list.removals.length === 0 ? (
        <p class="nothing">
          Nobody waits for a word. <a href={CONSOLE_PATH}>Go back to the overview</a>
        </p>
      ) : (
        <section class="flow" aria-labelledby="waiting">
          <h2 id="waiting">
            {list.removals.length === 1 ? '1 person waits' : `${list.removals.length} people wait`}
          </h2>
          <HeldRemovals list={list} />
        </section>
      )}
    </>
  );
}
