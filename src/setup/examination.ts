// What an examination has found so far. A check that fails itself, because D1 went away or because of a fault of ours, is
// a finding too: it takes none of the others with it.
import { DatabaseError } from '../db/database.ts';
import { errorCode, type Log } from '../log.ts';
import { CHECKS, type Check, type Finding, failed, TITLES, waiting } from './finding.ts';

const cutOff = (check: Check) =>
  waiting(check, 'D1 stopped answering while it was examined.', ['Check again in a minute.']);

/** Its class and no more of it: an error's words may hold what was read. */
const broken = (check: Check, error: unknown) =>
  failed(
    check,
    `The check itself failed (${error instanceof Error ? error.name : 'unknown'}): that is a fault of Rollcall, and says nothing about the set-up.`,
    ['Check again. If it stays so, please report it, with what is said here.'],
  );

/** Collects findings by their check; those that nobody has made wait for another. */
export class Examination {
  readonly #found = new Map<Check, Finding>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add(...findings: readonly Finding[]): void {
    for (const finding of findings) this.#found.set(finding.check, finding);
  }

  /** Makes a check, or several by one question; `null` where it failed itself, and then each of them says so. */
  async make<T>(checks: readonly Check[], work: () => T | Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const isDatabase = error instanceof DatabaseError;
      if (!isDatabase)
        this.#log('error', 'doctor.check-failed', { checks, code: errorCode(error) });
      this.add(...checks.map((one) => (isDatabase ? cutOff(one) : broken(one, error))));
      return null;
    }
  }

  isOk(check: Check): boolean {
    return this.#found.get(check)?.state === 'ok';
  }

  /** Which of `checks` is in the way of those after it: one that failed, rather than one that waits itself. */
  inTheWay(checks: readonly Check[]): Check | undefined {
    const is = (state: Finding['state']) => (check: Check) =>
      this.#found.get(check)?.state === state;
    return checks.find(is('failed')) ?? checks.find(is('waiting'));
  }

  /** Makes `checks` wait for `first`, those that are not made yet. */
  after(first: Check, ...checks: readonly Check[]): void {
    for (const check of checks)
      if (!this.#found.has(check)) this.add(waiting(check, `Waits for “${TITLES[first]}”.`));
  }

  /** One for each check, in their order. */
  all(): Finding[] {
    this.after('configuration', ...CHECKS);
    return CHECKS.flatMap((check) => this.#found.get(check) ?? []);
  }
}
