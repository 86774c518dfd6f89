// What operators did is told in words: no code that anything writes as an outcome is shown as it is.
import { expect, test } from 'vitest';
import { outcomeWords } from '../../src/console/components/actions-taken.tsx';

/** What each action ends with, besides `failed:` and `unclear:` with a code. */
const CODES = {
  'held removals': ['approved', 'rejected', 'another-list'],
  'dead letters': ['replayed', 'queue-refused'],
  passes: ['started', 'under-way', 'compared', 'compared-in-part'],
  roles: ['saved', 'conflict'],
  sessions: ['ended', 'over'],
  looks: ['changed', 'unchanged', 'gone', 'gone-before', 'held', 'young', 'later'],
  tokens: ['made', 'too-many', 'revoked', 'over'],
  'the set-up': ['opened', 'refused', 'checked'],
};

test.each(Object.entries(CODES))('of %s', (_, codes) => {
  for (const outcome of codes) {
    const words = outcomeWords({ outcome, result: null });
    expect(words).not.toBe(outcome);
    expect(words).toMatch(/^[A-Z0-9]/);
  }
});
